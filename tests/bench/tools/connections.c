// Connections rather than requests: how many handshakes a second, and many idle connections at once.
// usage: connections full|resumed PORT HOST SECONDS     → one line: handshakes seconds resumed failures
//        connections plain|tls PORT HOST COUNT          → "held N" once each has had one answer; ends when stdin does
// TLS 1.3 only, any certificate. A handshake ends with close_notify in both directions, so that the server has done all of
// its part. Only 127.0.0.1.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8
static SSL_CTX *context;
static struct sockaddr_in server = {.sin_family = AF_INET};
static const char *host;
static int is_resuming;
static double until;
static _Thread_local SSL_SESSION *newest;
struct tally { long done, resumed, failed; };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int dial(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  struct timeval limit = {10, 0};
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (connect(fd, (struct sockaddr *)&server, sizeof server)) { close(fd); return -1; }
  return fd;
}

static SSL *secure(int fd, SSL_SESSION *session) {
  SSL *ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  SSL_set_tlsext_host_name(ssl, host);
  if (session) SSL_set_session(ssl, session);
  if (SSL_connect(ssl) == 1) return ssl;
  SSL_free(ssl);
  return NULL;
}

// One GET and its answer, head and body in whatever pieces.
static int ask(int fd, SSL *ssl) {
  char buffer[4096];
  int used = 0, length = snprintf(buffer, sizeof buffer, "GET /128 HTTP/1.1\r\nHost: %s\r\n\r\n", host);
  if ((ssl ? SSL_write(ssl, buffer, length) : (int)send(fd, buffer, (size_t)length, MSG_NOSIGNAL)) != length) return 0;
  for (;;) {
    int room = (int)sizeof buffer - 1 - used;
    int got = ssl ? SSL_read(ssl, buffer + used, room) : (int)recv(fd, buffer + used, (size_t)room, 0);
    if (got <= 0) return 0;
    used += got;
    buffer[used] = 0;
    char *end = strstr(buffer, "\r\n\r\n");
    if (end && used >= end + 4 - buffer + 128) return !strncmp(buffer + 9, "200", 3);
  }
}

static int keep_session(SSL *ssl, SSL_SESSION *session) {
  (void)ssl;
  if (newest) SSL_SESSION_free(newest);
  newest = session;
  return 1;
}

// Connects, shakes hands, says goodbye and waits for the same from the server.
static int once(struct tally *tally, int asks) {
  int fd = dial();
  if (fd < 0) return 0;
  SSL *ssl = secure(fd, is_resuming ? newest : NULL);
  int good = ssl && (!asks || ask(fd, ssl));
  if (good) {
    tally->resumed += SSL_session_reused(ssl);
    SSL_shutdown(ssl);
    char rest[64];
    while (SSL_read(ssl, rest, sizeof rest) > 0) {}
  }
  SSL_free(ssl);
  close(fd);
  return good;
}

static void *shake(void *argument) {
  struct tally *tally = argument;
  if (is_resuming && !once(tally, 1)) { tally->failed++; return NULL; }
  tally->resumed = 0;
  while (now() < until) {
    if (once(tally, 0)) tally->done++;
    else tally->failed++;
  }
  return NULL;
}

static int handshakes(int seconds) {
  pthread_t threads[THREADS];
  struct tally tallies[THREADS] = {{0}}, sum = {0};
  double begin = now();
  until = begin + seconds;
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, shake, &tallies[i]);
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    sum.done += tallies[i].done, sum.resumed += tallies[i].resumed, sum.failed += tallies[i].failed;
  }
  printf("%ld %.3f %ld %ld\n", sum.done, now() - begin, sum.resumed, sum.failed);
  return sum.done ? 0 : 1;
}

static int hold(int count, int is_tls) {
  int held = 0;
  for (int i = 0; i < count; i++) {
    int fd = dial();
    SSL *ssl = fd >= 0 && is_tls ? secure(fd, NULL) : NULL;
    if (fd >= 0 && (ssl || !is_tls)) held += ask(fd, ssl);
  }
  printf("held %d\n", held);
  fflush(stdout);
  char rest[64];
  while (read(0, rest, sizeof rest) > 0) {}
  return 0;
}

int main(int count, char **words) {
  if (count != 5) return 2;
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  server.sin_port = htons((uint16_t)atoi(words[2])), server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  host = words[3];
  context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_session);
  is_resuming = !strcmp(words[1], "resumed");
  if (is_resuming || !strcmp(words[1], "full")) return handshakes(atoi(words[4]));
  return hold(atoi(words[4]), !strcmp(words[1], "tls"));
}
