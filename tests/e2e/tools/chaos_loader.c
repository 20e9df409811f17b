// A constant rate of mixed requests at one address, every one of them on record: three GETs to one POST (with a small body),
// half of the threads on a connection that they keep, half on a fresh one each time. Each thread keeps its own share of the
// schedule. An answer counts when its status is 200 and its body ends with the request's own id.
// usage: chaos_loader PORT HOST RATE SECONDS THREADS LIMIT_MS >records        one line a request:
//        id method sent_ns ended_ns status name why     (CLOCK_MONOTONIC; why: ok, connect, broken, timeout, wrong)
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct record { long long sent, ended; int status; char name[16]; const char *why; char is_post; };
static struct record *records;
static int port, rate, seconds, threads, count;
static long long limit_ns, begin;
static const char *host;
static volatile sig_atomic_t stopped;

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int patient(int fd, int option, long long deadline) {
  long long left = deadline - now();
  if (left <= 0) return 0;
  struct timeval limit = {left / 1000000000LL, left / 1000 % 1000000};
  if (limit.tv_sec == 0 && limit.tv_usec == 0) limit.tv_usec = 1;
  setsockopt(fd, SOL_SOCKET, option, &limit, sizeof limit);
  return 1;
}

static int dial(long long deadline) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  patient(fd, SO_SNDTIMEO, deadline);
  if (connect(fd, (struct sockaddr *)&address, sizeof address)) { close(fd); return -1; }
  return fd;
}

static const char *ask(int *fd, struct record *r, const char *id, int is_kept) {
  char text[512], buffer[8192];
  size_t used = 0;
  long long deadline = r->sent + limit_ns;
  int n = snprintf(text, sizeof text, "%s /item HTTP/1.1\r\nHost: %s\r\nX-Request-Id: %s\r\n%s%s", r->is_post ? "POST" : "GET", host, id,
                   is_kept ? "" : "Connection: close\r\n", r->is_post ? "Content-Length: 20\r\n\r\n01234567890123456789" : "\r\n");
  int was_open = *fd >= 0;
  if (*fd < 0) *fd = dial(deadline);
  if (*fd < 0) return now() >= deadline ? "timeout" : "connect";
  if (send(*fd, text, (size_t)n, MSG_NOSIGNAL) != n) return "broken";
  for (;;) {
    if (!patient(*fd, SO_RCVTIMEO, deadline)) return "timeout";
    ssize_t got = recv(*fd, buffer + used, sizeof buffer - 1 - used, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return "timeout";
    // A proxy may close an idle connection in the very moment it is used again: a client dials anew.
    if (got <= 0 && used == 0 && was_open && !r->is_post) { close(*fd); *fd = -1; return "again"; }
    if (got <= 0) return "broken";
    used += (size_t)got;
    buffer[used] = 0;
    char *end = strstr(buffer, "\r\n\r\n");
    if (!end) continue;
    r->status = atoi(buffer + 9);
    char *field = strcasestr(buffer, "\r\ncontent-length:");
    if (!field || field > end) return "wrong";
    size_t body = (size_t)atol(field + 17);
    if (body > sizeof buffer) body = sizeof buffer;
    if (used < (size_t)(end + 4 - buffer) + body) continue;
    if (strcasestr(buffer, "\r\nconnection: close")) { close(*fd); *fd = -1; }
    if (r->status != 200) return "wrong";
    char expected[64];
    sscanf(end + 4, "%15s %63s", r->name, expected);
    return strcmp(expected, id) ? "wrong" : "ok";
  }
}

static void *run(void *given) {
  int self = (int)(long)given, fd = -1, is_kept = self % 2;
  for (int i = self; i < count && !stopped; i += threads) {
    struct record *r = &records[i];
    long long due = begin + (long long)i * 1000000000LL / rate;
    struct timespec when = {due / 1000000000LL, due % 1000000000LL};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) && !stopped) {}
    if (stopped) break;
    char id[32];
    snprintf(id, sizeof id, "r%d", i);
    // Of each thread's requests one in four.
    r->is_post = i / threads % 4 == 3;
    strcpy(r->name, "-");
    r->sent = now();
    r->why = ask(&fd, r, id, is_kept);
    if (!strcmp(r->why, "again")) r->why = ask(&fd, r, id, is_kept);
    r->ended = now();
    int keeps = is_kept && (!strcmp(r->why, "ok") || (!strcmp(r->why, "wrong") && r->status >= 500));
    if (!keeps && fd >= 0) { close(fd); fd = -1; }
  }
  if (fd >= 0) close(fd);
  return NULL;
}

static void stop(int number) { (void)number; stopped = 1; }

int main(int words, char **word) {
  if (words != 7) return 2;
  port = atoi(word[1]), host = word[2], rate = atoi(word[3]), seconds = atoi(word[4]), threads = atoi(word[5]);
  limit_ns = atoll(word[6]) * 1000000LL;
  if (rate < 1 || rate > 5000 || seconds < 1 || seconds > 60 || threads < 1 || threads > 256) return 2;
  count = rate * seconds;
  records = calloc((size_t)count, sizeof *records);
  signal(SIGPIPE, SIG_IGN);
  struct sigaction action = {.sa_handler = stop};
  sigaction(SIGTERM, &action, NULL);
  begin = now() + 20000000LL;
  pthread_t thread[256];
  for (long i = 0; i < threads; ++i) pthread_create(&thread[i], NULL, run, (void *)i);
  for (int i = 0; i < threads; ++i) pthread_join(thread[i], NULL);
  for (int i = 0; i < count; ++i) {
    struct record *r = &records[i];
    if (r->why) printf("r%d %s %lld %lld %d %s %s\n", i, r->is_post ? "POST" : "GET", r->sent, r->ended, r->status, r->name, r->why);
  }
  return 0;
}
