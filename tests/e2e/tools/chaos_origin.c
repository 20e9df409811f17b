// An HTTP/1.1 server that misbehaves as it is told, and puts every request that it executes on record before it answers.
// usage: chaos_origin PORT NAME RECORDS
// RECORDS gets a line "METHOD id" for each request with an X-Request-Id; the answer's body is "NAME id". POST /mode/M on the
// port changes how all other requests are answered, in the middle of connections too:
//   ok        as one should
//   torn      a head that promises more than comes, then a reset
//   half      half a head, then the end of the connection
//   mute      nothing, ever
//   error     500
//   reset     a reset instead of a head
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char *name;
static int records;
static _Atomic char mode = 'o';  // its first letter; 'm' mute, 'e' error, 't' torn, 'h' half, 'r' reset

static void reset(int fd) {
  struct linger now = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static int reply(int fd, const char *status, const char *body) {
  char text[1024];
  int n = snprintf(text, sizeof text, "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
  return send(fd, text, (size_t)n, MSG_NOSIGNAL) == n;
}

// The value of a field, into `to`.
static int field(const char *head, const char *field_name, char *to, size_t room) {
  char *at = strcasestr(head, field_name);
  if (!at) return 0;
  at += strlen(field_name);
  while (*at == ' ') ++at;
  size_t n = strcspn(at, "\r\n");
  if (n >= room) n = room - 1;
  memcpy(to, at, n);
  to[n] = 0;
  return 1;
}

// 0 ends the connection.
static int answer(int fd, const char *head) {
  char id[64] = "", method[16] = "", path[128] = "", line[512];
  sscanf(head, "%15s %127s", method, path);
  if (!strncmp(path, "/mode/", 6)) {
    mode = path[6];
    return reply(fd, "200 OK", "changed");
  }
  char how = mode;
  if (how == 'm') {
    pause();
    return 0;
  }
  if (how == 'r') {
    reset(fd);
    return 0;
  }
  if (field(head, "\r\nx-request-id:", id, sizeof id)) {
    int n = snprintf(line, sizeof line, "%s %s\n", method, id);
    if (write(records, line, (size_t)n) != n) return 0;
  }
  // A moment of work, in which the server may die.
  struct timespec work = {0, 1000000};
  nanosleep(&work, NULL);
  snprintf(line, sizeof line, "%s %s", name, id);
  if (how == 'e') return reply(fd, "500 Internal Server Error", line);
  if (how == 'h') {
    send(fd, "HTTP/1.1 200 OK\r\nContent-Le", 27, MSG_NOSIGNAL);
    return 0;
  }
  if (how == 't') {
    const char *text = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nsome";
    send(fd, text, strlen(text), MSG_NOSIGNAL);
    nanosleep(&work, NULL);
    reset(fd);
    return 0;
  }
  return reply(fd, "200 OK", line);
}

static void *serve(void *given) {
  int fd = (int)(long)given, on = 1;
  char buffer[16384];
  size_t used = 0;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  for (;;) {
    char *end;
    buffer[used] = 0;
    while (!(end = strstr(buffer, "\r\n\r\n"))) {
      ssize_t n = used + 1 < sizeof buffer ? recv(fd, buffer + used, sizeof buffer - 1 - used, 0) : 0;
      if (n <= 0) goto out;
      used += (size_t)n;
      buffer[used] = 0;
    }
    char length[32] = "0";
    *end = 0;
    field(buffer, "\r\ncontent-length:", length, sizeof length);
    size_t whole = (size_t)(end + 4 - buffer) + (size_t)atol(length);
    if (whole >= sizeof buffer) goto out;
    while (used < whole) {
      ssize_t n = recv(fd, buffer + used, sizeof buffer - 1 - used, 0);
      if (n <= 0) goto out;
      used += (size_t)n;
    }
    int goes_on = answer(fd, buffer) && !strcasestr(buffer, "\r\nconnection: close");
    if (!goes_on) goto out;
    memmove(buffer, buffer + whole, used - whole);
    used -= whole;
  }
out:
  close(fd);
  return NULL;
}

int main(int count, char **words) {
  if (count != 4) return 2;
  name = words[2];
  records = open(words[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  signal(SIGPIPE, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (records < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) return 1;
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 128 * 1024);
  pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
  for (;;) {
    pthread_t thread;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) continue;
    if (pthread_create(&thread, &small, serve, (void *)(long)fd)) close(fd);
  }
}
