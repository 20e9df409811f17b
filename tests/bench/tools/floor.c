// What the kernel alone costs: forwards bytes between a client and a connection of its own to the origin, one recv and one
// send a message, and understands nothing of them. No proxy can be cheaper on the same machine.
// usage: floor PORT ORIGIN_PORT       Only 127.0.0.1.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct end { int fd; struct end *other; char *waiting; size_t bytes; };
static int poller;
static struct sockaddr_in origin = {.sin_family = AF_INET};

static void watch(struct end *e, int operation, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = e};
  epoll_ctl(poller, operation, e->fd, &event);
}

static struct end *make_end(int fd) {
  int on = 1;
  struct end *e = calloc(1, sizeof *e);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  e->fd = fd;
  return e;
}

static void welcome(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  if (fd < 0) return;
  int up = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(up, (struct sockaddr *)&origin, sizeof origin)) exit(1);
  struct end *a = make_end(fd), *b = make_end(up);
  a->other = b, b->other = a;
  watch(a, EPOLL_CTL_ADD, EPOLLIN);
  watch(b, EPOLL_CTL_ADD, EPOLLIN);
}

// Both ends leak on purpose: an event for one of them may still be in the batch at hand.
static void part(struct end *e) {
  if (e->fd < 0) return;
  close(e->fd), close(e->other->fd);
  e->fd = e->other->fd = -1;
}

static void pass(struct end *from, char *buffer, size_t room) {
  struct end *to = from->other;
  ssize_t got = recv(from->fd, buffer, room, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) return part(from);
  ssize_t sent = send(to->fd, buffer, (size_t)got, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN) return part(from);
  if (sent < 0) sent = 0;
  if (sent == got) return;
  to->bytes = (size_t)(got - sent);
  to->waiting = malloc(to->bytes);
  __builtin_memcpy(to->waiting, buffer + sent, to->bytes);
  watch(from, EPOLL_CTL_MOD, 0);
  watch(to, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

static void flush(struct end *to) {
  ssize_t sent = send(to->fd, to->waiting, to->bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) return;
  to->bytes -= (size_t)sent;
  __builtin_memmove(to->waiting, to->waiting + sent, to->bytes);
  if (to->bytes) return;
  free(to->waiting);
  to->waiting = NULL;
  watch(to, EPOLL_CTL_MOD, EPOLLIN);
  watch(to->other, EPOLL_CTL_MOD, EPOLLIN);
}

int main(int count, char **words) {
  if (count != 3) return 2;
  static char buffer[64 * 1024];
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  origin.sin_port = htons((uint16_t)atoi(words[2])), origin.sin_addr = own.sin_addr;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&own, sizeof own) || listen(listener, 4096)) return 1;
  poller = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN}, events[256];
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int ready = epoll_wait(poller, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      struct end *e = events[i].data.ptr;
      if (!e) welcome(listener);
      else if (e->fd < 0) continue;
      else if (events[i].events & EPOLLOUT && e->waiting) flush(e);
      else pass(e, buffer, sizeof buffer);
    }
  }
}
