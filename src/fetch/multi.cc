#include "fetch/multi.h"

#include "base/check.h"
#include "io/loop.h"

namespace fairlead::fetch {

namespace {

// libcurl may ask to be called again at once, a few times in a row (resolved, connecting, sending);
// more than this waits for the next turn of the loop.
constexpr int kMaxRounds = 16;
constexpr long kMaxIdleConnections = 32;

CURLM* make_multi() {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  FAIRLEAD_CHECK(initialised == CURLE_OK);
  CURLM* multi = curl_multi_init();
  FAIRLEAD_CHECK(multi != nullptr);
  return multi;
}

}  // namespace

Multi::Socket::Socket(Multi& owner, int descriptor)
    : multi(owner), fd(descriptor), watch(descriptor, &Multi::on_event, this) {}

Multi::Multi() : multi_(make_multi()) {
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Multi::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Multi::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kMaxIdleConnections);
}

Multi::~Multi() {
  // Closes the idle connections, which takes their watches away.
  curl_multi_cleanup(multi_);
}

void Multi::add(Transfer& transfer) {
  if (!transfer.fault.empty()) return transfer.finish(CURLE_FAILED_INIT);
  curl_multi_add_handle(multi_, transfer.easy);
  act(CURL_SOCKET_TIMEOUT, 0);
}

void Multi::remove(Transfer& transfer) {
  if (transfer.easy != nullptr) curl_multi_remove_handle(multi_, transfer.easy);
  // What waited for its connection may go on now.
  if (is_due_) io::Loop::current()->arm(alarm_, io::Duration(0));
}

void Multi::resume(Transfer& transfer) {
  transfer.is_paused = false;
  curl_easy_pause(transfer.easy, CURLPAUSE_CONT);
  act(CURL_SOCKET_TIMEOUT, 0);
}

void Multi::act(curl_socket_t socket, int events) {
  int running = 0;
  is_due_ = false;
  curl_multi_socket_action(multi_, socket, events, &running);
  for (int round = 0; is_due_ && round < kMaxRounds; ++round) {
    is_due_ = false;
    curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  }
  if (is_due_) io::Loop::current()->arm(alarm_, io::Duration(0));
  collect();
}

void Multi::collect() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    Transfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    transfer->finish(message->data.result);
  }
}

int Multi::on_socket(CURL*, curl_socket_t fd, int what, void* context, void*) {
  auto* self = static_cast<Multi*>(context);
  if (what == CURL_POLL_REMOVE) {
    self->sockets_.erase(fd);
    return 0;
  }
  std::unique_ptr<Socket>& socket = self->sockets_[fd];
  if (!socket) socket = std::make_unique<Socket>(*self, fd);
  socket->watch.want((what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
  return 0;
}

int Multi::on_timer(CURLM*, long ms, void* context) {
  auto* self = static_cast<Multi*>(context);
  self->is_due_ = ms == 0;
  if (ms < 0) {
    self->alarm_.disarm();
  } else if (ms > 0) {
    io::Loop::current()->arm(self->alarm_, io::Duration(ms));
  }
  return 0;
}

void Multi::on_alarm(io::Timer& timer) {
  static_cast<Alarm&>(timer).multi.act(CURL_SOCKET_TIMEOUT, 0);
}

void Multi::on_event(void* context, io::FdWatch::Events events) {
  auto* socket = static_cast<Socket*>(context);
  int seen = (events.is_readable ? CURL_CSELECT_IN : 0) |
             (events.is_writable ? CURL_CSELECT_OUT : 0) | (events.is_error ? CURL_CSELECT_ERR : 0);
  socket->multi.act(socket->fd, seen);
}

}  // namespace fairlead::fetch
