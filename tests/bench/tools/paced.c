// Latency at a given rate: an open loop over keep-alive connections. A request counts from the moment the schedule meant it
// to leave, so a proxy that falls behind cannot hide it.
// usage: paced PORT HOST PATH RATE SECONDS CONNECTIONS   → one line: requests p50_us p99_us max_us failures
// Only 127.0.0.1. Answers need a Content-Length.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define TICK_NS 200000
struct line { int fd; long long due; size_t used; char buffer[4096]; };

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int by_size(const void *a, const void *b) {
  unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
  return (x > y) - (x < y);
}

// 1: an answer is whole; 0: more to come; -1: broken.
static int take(struct line *l) {
  ssize_t got = recv(l->fd, l->buffer + l->used, sizeof l->buffer - 1 - l->used, MSG_DONTWAIT);
  if (got <= 0) return got < 0 ? 0 : -1;
  l->used += (size_t)got;
  l->buffer[l->used] = 0;
  char *end = strstr(l->buffer, "\r\n\r\n");
  if (!end) return 0;
  char *field = strcasestr(l->buffer, "\r\ncontent-length:");
  if (!field || field > end || strncmp(l->buffer + 9, "200", 3)) return -1;
  return l->used >= (size_t)(end + 4 - l->buffer) + (size_t)atol(field + 17);
}

int main(int count, char **words) {
  if (count != 7) return 2;
  long long rate = atoll(words[4]), total = rate * atoll(words[5]);
  int connections = atoi(words[6]), free_lines = 0, poller = epoll_create1(0), on = 1;
  char request[512];
  int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", words[3], words[2]);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct line *lines = calloc((size_t)connections, sizeof *lines), **idle = calloc((size_t)connections, sizeof *idle);
  unsigned *samples = calloc((size_t)total, sizeof *samples);
  for (int i = 0; i < connections; i++) {
    lines[i].fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(lines[i].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(lines[i].fd, (struct sockaddr *)&to, sizeof to)) return 1;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &lines[i]};
    epoll_ctl(poller, EPOLL_CTL_ADD, lines[i].fd, &event);
    idle[free_lines++] = &lines[i];
  }
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct itimerspec every = {{0, TICK_NS}, {0, TICK_NS}};
  timerfd_settime(timer, 0, &every, NULL);
  struct epoll_event tick = {.events = EPOLLIN}, events[256];
  epoll_ctl(poller, EPOLL_CTL_ADD, timer, &tick);
  long long begin = now(), sent = 0, done = 0, failures = 0, limit = begin + (atoll(words[5]) + 5) * 1000000000LL;
  while (done + failures < total && now() < limit) {
    int ready = epoll_wait(poller, events, 256, 100);
    for (int i = 0; i < ready; i++) {
      struct line *l = events[i].data.ptr;
      unsigned long long ticks;
      if (!l) { (void)!read(timer, &ticks, sizeof ticks); continue; }
      int state = take(l);
      if (state == 0) continue;
      if (state < 0) { failures++, close(l->fd), l->fd = -1; continue; }
      samples[done++] = (unsigned)((now() - l->due) / 1000);
      idle[free_lines++] = l;
    }
    long long at = now();
    while (sent < total && free_lines && begin + sent * 1000000000LL / rate <= at) {
      struct line *l = idle[--free_lines];
      l->used = 0, l->due = begin + sent++ * 1000000000LL / rate;
      if (send(l->fd, request, (size_t)length, MSG_NOSIGNAL) != length) failures++;
    }
  }
  if (!done) return 1;
  qsort(samples, (size_t)done, sizeof *samples, by_size);
  printf("%lld %u %u %u %lld\n", done, samples[done / 2], samples[done * 99 / 100], samples[done - 1], failures + (total - done - failures));
}
