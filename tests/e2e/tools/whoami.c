// The service in the test containers: answers every request with who it is. Linked statically, it is the whole image.
// One thread a connection, HTTP/1.1 with keep-alive. SIGTERM ends it as a well-behaved service ends: the listener closes,
// requests under way are answered with `Connection: close`, idle connections close, then the process exits.
// Called with --probe it asks its own /health instead: the container's health check, where there is no shell to run one.
//   /          Hostname and NAME        /slow?ms=N    the same after N ms        /health    200, or 503 once /unhealthy was asked
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int stop_pipe[2];
static atomic_int connections, draining, unhealthy;
static char host[256];
static const char *name;

static void on_term(int signal) {
  draining = 1;
  if (write(stop_pipe[1], "x", 1) < 0) _exit(1);
}

// Reads up to the blank line. The stop pipe is never read: once written, it wakes every idle connection.
static int read_head(int fd, char *buffer, size_t size) {
  size_t used = 0;
  for (;;) {
    struct pollfd wait[2] = {{fd, POLLIN, 0}, {stop_pipe[0], POLLIN, 0}};
    if (poll(wait, used ? 1 : 2, 60000) <= 0) return 0;
    if (!(wait[0].revents & (POLLIN | POLLHUP | POLLERR))) return 0;
    ssize_t n = read(fd, buffer + used, size - used - 1);
    if (n <= 0) return 0;
    used += (size_t)n;
    buffer[used] = 0;
    if (strstr(buffer, "\r\n\r\n")) return 1;
    if (used + 1 >= size) return 0;
  }
}

static void answer(int fd, const char *head) {
  const char *slow = strstr(head, "/slow?ms=");
  if (slow) usleep((useconds_t)atoi(slow + 9) * 1000);
  if (!strncmp(head, "GET /unhealthy", 14)) unhealthy = 1;
  int ok = !(unhealthy && !strncmp(head, "GET /health", 11));
  char body[600], out[1024];
  int length = snprintf(body, sizeof body, "Hostname: %s\nName: %s\n", host, name);
  int total = snprintf(out, sizeof out, "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n%s\r\n%s",
                       ok ? "200 OK" : "503 Service Unavailable", length, draining ? "Connection: close\r\n" : "", body);
  for (int sent = 0; sent < total;) {
    ssize_t n = write(fd, out + sent, (size_t)(total - sent));
    if (n <= 0) return;
    sent += (int)n;
  }
}

static void *serve(void *argument) {
  int fd = (int)(long)argument;
  char head[65536];
  while (read_head(fd, head, sizeof head)) {
    int last = draining;
    answer(fd, head);
    if (last) break;
  }
  shutdown(fd, SHUT_WR);
  close(fd);
  connections--;
  return NULL;
}

static int probe(struct sockaddr_in *address) {
  char buffer[256] = "";
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)address, sizeof *address)) return 1;
  dprintf(fd, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return read(fd, buffer, sizeof buffer - 1) <= 0 || strncmp(buffer, "HTTP/1.1 200", 12) != 0;
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  if (pipe(stop_pipe)) return 1;
  struct sigaction action = {.sa_handler = on_term};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  gethostname(host, sizeof host - 1);
  name = getenv("NAME") ? getenv("NAME") : "";
  int port = getenv("PORT") ? atoi(getenv("PORT")) : 80, on = 1;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (argc > 1 && !strcmp(argv[1], "--probe")) return probe(&address);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) return perror("listen"), 1;
  while (!draining) {
    struct pollfd wait[2] = {{listener, POLLIN, 0}, {stop_pipe[0], POLLIN, 0}};
    if (poll(wait, 2, -1) <= 0 || !(wait[0].revents & POLLIN)) continue;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) continue;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    pthread_t thread;
    connections++;
    if (pthread_create(&thread, NULL, serve, (void *)(long)fd)) { close(fd); connections--; continue; }
    pthread_detach(thread);
  }
  close(listener);
  for (int i = 0; i < 1000 && connections; i++) usleep(5000);
  return 0;
}
