// A constant rate of requests at one address, every one of them on record. Open loop: each thread keeps its own share of
// the schedule on its own keep-alive connection, so a slow answer delays no other thread.
// usage: loader PORT HOST PATH RATE SECONDS THREADS >records      one line a request, in order of sending:
//        sent_ns received_ns status name          (CLOCK_REALTIME, as Docker's events; status 0: the connection broke)
// Only 127.0.0.1, at most 5000 a second for 60 seconds. SIGTERM ends the run early and still prints the records.
#define _GNU_SOURCE
#include <arpa/inet.h>
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

struct record { long long sent, received; int status; char name[20]; };
static struct record *records;
static int port, rate, seconds, threads, count;
static char request[1024];
static volatile sig_atomic_t stopped;
static long long begin;

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int dial(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct timeval limit = {3, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd, (struct sockaddr *)&address, sizeof address)) { close(fd); return -1; }
  return fd;
}

// One request and its whole answer; the connection is closed (and *fd is -1) unless it can carry another.
static void ask(int *fd, struct record *r) {
  char buffer[8192];
  size_t used = 0, length = strlen(request);
  r->status = 0;
  if (*fd < 0) *fd = dial();
  if (*fd < 0 || send(*fd, request, length, MSG_NOSIGNAL) != (ssize_t)length) goto broken;
  for (;;) {
    ssize_t n = recv(*fd, buffer + used, sizeof buffer - 1 - used, 0);
    if (n <= 0) goto broken;
    used += (size_t)n;
    buffer[used] = 0;
    char *end = strstr(buffer, "\r\n\r\n");
    if (!end) continue;
    char *field = strcasestr(buffer, "\r\ncontent-length:");
    if (!field || field > end) goto broken;
    if (used < (size_t)(end + 4 - buffer) + (size_t)atol(field + 17)) continue;
    r->status = atoi(buffer + 9);
    char *name = strstr(end, "Name: ");
    if (name) sscanf(name + 6, "%19[^\n]", r->name);
    char *close_field = strcasestr(buffer, "\r\nconnection: close");
    if (close_field && close_field < end) goto broken;
    return;
  }
broken:
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

static void *run(void *argument) {
  int fd = -1;
  for (int i = (int)(long)argument; i < count && !stopped; i += threads) {
    long long due = begin + i * (1000000000LL / rate);
    struct timespec at = {due / 1000000000LL, due % 1000000000LL};
    while (now() < due && !stopped) clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, NULL);
    if (stopped) break;
    records[i].sent = now();
    ask(&fd, &records[i]);
    records[i].received = now();
  }
  if (fd >= 0) close(fd);
  return NULL;
}

static void on_stop(int signal) { stopped = 1; }

int main(int argc, char **argv) {
  if (argc != 7) return fprintf(stderr, "usage: loader PORT HOST PATH RATE SECONDS THREADS\n"), 2;
  port = atoi(argv[1]), rate = atoi(argv[4]), seconds = atoi(argv[5]), threads = atoi(argv[6]);
  if (rate < 1 || rate > 5000 || seconds < 1 || seconds > 60 || threads < 1 || threads > 64) return 2;
  snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", argv[3], argv[2]);
  struct sigaction action = {.sa_handler = on_stop};
  sigaction(SIGTERM, &action, NULL);
  count = rate * seconds;
  records = calloc((size_t)count, sizeof *records);
  begin = now() + 1000000;
  pthread_t handles[64];
  for (long i = 0; i < threads; i++) pthread_create(&handles[i], NULL, run, (void *)i);
  for (int i = 0; i < threads; i++) pthread_join(handles[i], NULL);
  for (int i = 0; i < count; i++)
    if (records[i].sent)
      printf("%lld %lld %d %s\n", records[i].sent, records[i].received, records[i].status,
             records[i].name[0] ? records[i].name : "-");
  return 0;
}
