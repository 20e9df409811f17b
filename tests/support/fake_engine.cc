#include "support/fake_engine.h"

#include <cstdlib>
#include <cstring>
#include <optional>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace fairlead::testing {

namespace {

bool write_all(int fd, const std::string& bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t sent = send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    done += static_cast<size_t>(sent);
  }
  return true;
}

std::string reply(int status, const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" +
         headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string chunk(const std::string& bytes) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + bytes + "\r\n";
}

// The path of the next request on the connection; nullopt at its end.
std::optional<std::string> read_request(int fd) {
  std::string head;
  while (head.find("\r\n\r\n") == head.npos) {
    char bytes[4096];
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got <= 0) return std::nullopt;
    head.append(bytes, static_cast<size_t>(got));
  }
  size_t start = head.find(' ') + 1;
  return head.substr(start, head.find(' ', start) - start);
}

}  // namespace

FakeEngine::FakeEngine() {
  char folder[] = "/tmp/fake-engine-XXXXXX";
  folder_ = mkdtemp(folder);
  path_ = folder_ + "/docker.sock";
  start();
}

FakeEngine::~FakeEngine() {
  stop();
  rmdir(folder_.c_str());
}

void FakeEngine::start() {
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::abort();
  if (listen(listener_, 64) != 0) std::abort();
  is_stopping_ = false;
  acceptor_ = std::thread([this, fd = listener_] { accept_all(fd); });
}

void FakeEngine::stop() {
  {
    std::lock_guard lock(mutex_);
    if (listener_ < 0) return;
    is_stopping_ = true;
    held_.clear();
    shutdown(listener_, SHUT_RDWR);
    for (int fd : open_) shutdown(fd, SHUT_RDWR);
    changed_.notify_all();
  }
  join_all();
  close(listener_);
  listener_ = -1;
  unlink(path_.c_str());
}

void FakeEngine::join_all() {
  acceptor_.join();
  for (std::thread& server : servers_) server.join();
  servers_.clear();
}

void FakeEngine::accept_all(int listener) {
  while (true) {
    int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    std::lock_guard lock(mutex_);
    if (is_stopping_) {
      close(fd);
      continue;
    }
    open_.insert(fd);
    servers_.emplace_back([this, fd] { serve(fd); });
  }
}

void FakeEngine::serve(int fd) {
  while (auto path = read_request(fd)) {
    if (!answer(fd, *path)) break;
  }
  std::lock_guard lock(mutex_);
  open_.erase(fd);
  close(fd);
}

bool FakeEngine::answer(int fd, const std::string& path) {
  std::unique_lock lock(mutex_);
  log_.push_back(path);
  changed_.wait(lock, [&] { return held_.empty() || path.find(held_) == path.npos; });
  for (Failure& failure : failures_) {
    if (failure.times == 0 || path.find(failure.part) == path.npos) continue;
    --failure.times;
    return write_all(fd, reply(failure.status, failure.body));
  }
  std::string version = version_.empty() ? "" : "Api-Version: " + version_ + "\r\n";
  if (path == "/_ping") return write_all(fd, reply(200, "OK", version));
  std::string prefix = version_.empty() ? "" : "/v" + version_;
  std::string rest = path.starts_with(prefix) ? path.substr(prefix.size()) : "";
  if (rest.starts_with("/containers/json")) return write_all(fd, reply(200, list_json()));
  if (rest.starts_with("/containers/")) {
    std::string id = rest.substr(12, rest.rfind('/') - 12);
    if (!containers_.contains(id)) {
      return write_all(fd, reply(404, "{\"message\":\"No such container\"}"));
    }
    return write_all(fd, reply(200, inspect_json(id)));
  }
  lock.unlock();
  if (rest.starts_with("/events")) return stream_events(fd);
  return write_all(fd, reply(404, "{\"message\":\"page not found\"}"));
}

bool FakeEngine::stream_events(int fd) {
  if (!write_all(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")) return false;
  std::unique_lock lock(mutex_);
  size_t seen = events_.size();
  unsigned cuts = cuts_;
  ++subscribers_;
  while (!is_stopping_ && cuts == cuts_) {
    if (seen == events_.size()) {
      changed_.wait(lock);
      continue;
    }
    std::string lines;
    while (seen < events_.size()) lines += events_[seen++] + "\n";
    if (!write_all(fd, chunk(lines))) break;
  }
  --subscribers_;
  return false;
}

std::string FakeEngine::list_json() {
  std::string text = "[";
  for (const auto& [id, entry] : containers_) {
    if (text.size() > 1) text += ",";
    std::string ports = entry.is_host ? "" : R"({"PrivatePort":80,"Type":"tcp"})";
    text += R"({"Id":")" + id + R"(","Names":["/)" + entry.name + R"("],"Labels":{)" +
            entry.labels + R"(},"State":")" + entry.state + R"(","Status":"Up","Ports":[)" + ports +
            R"(],"HostConfig":{"NetworkMode":")" + (entry.is_host ? "host" : "n") +
            R"("},"NetworkSettings":{"Networks":{"n":{"IPAddress":")" + entry.ip + R"("}}}})";
  }
  return text + "]";
}

std::string FakeEngine::inspect_json(const std::string& id) {
  const Entry& entry = containers_.at(id);
  return R"({"Id":")" + id + R"(","Name":"/)" + entry.name + R"(","State":{"Status":")" +
         entry.state + R"("},"Config":{"Labels":{)" + entry.labels +
         R"(},"ExposedPorts":{"80/tcp":{}},"StopSignal":")" + entry.stop_signal +
         R"("},"HostConfig":{"NetworkMode":")" + (entry.is_host ? "host" : "n") +
         R"("},"NetworkSettings":{"Ports":{},"Networks":{"n":{"IPAddress":")" + entry.ip +
         R"("}}}})";
}

void FakeEngine::set_container(const std::string& id, const std::string& name,
                               const std::string& ip, const std::string& labels,
                               const std::string& state) {
  std::lock_guard lock(mutex_);
  Entry& entry = containers_[id];
  entry.name = name;
  entry.ip = ip;
  entry.labels = labels;
  entry.state = state;
}

void FakeEngine::set_host_container(const std::string& id, const std::string& name) {
  set_container(id, name, "");
  std::lock_guard lock(mutex_);
  containers_[id].is_host = true;
}

void FakeEngine::set_stop_signal(const std::string& id, const std::string& signal) {
  std::lock_guard lock(mutex_);
  containers_[id].stop_signal = signal;
}

void FakeEngine::remove_container(const std::string& id) {
  std::lock_guard lock(mutex_);
  containers_.erase(id);
}

void FakeEngine::send_event(const std::string& action, const std::string& id,
                            const std::string& attributes) {
  send_line(R"({"Type":"container","Action":")" + action + R"(","Actor":{"ID":")" + id +
            R"(","Attributes":{)" + attributes + "}}}");
}

void FakeEngine::send_line(const std::string& line) {
  std::lock_guard lock(mutex_);
  events_.push_back(line);
  changed_.notify_all();
}

void FakeEngine::cut_streams() {
  std::lock_guard lock(mutex_);
  ++cuts_;
  changed_.notify_all();
}

void FakeEngine::fail(const std::string& part, int status, int times, const std::string& body) {
  std::lock_guard lock(mutex_);
  failures_.push_back({part, body, status, times});
}

void FakeEngine::set_api_version(const std::string& version) {
  std::lock_guard lock(mutex_);
  version_ = version;
}

void FakeEngine::hold(const std::string& part) {
  std::lock_guard lock(mutex_);
  held_ = part;
}

void FakeEngine::release() {
  std::lock_guard lock(mutex_);
  held_.clear();
  changed_.notify_all();
}

int FakeEngine::asked(const std::string& part) const {
  std::lock_guard lock(mutex_);
  int count = 0;
  for (const std::string& path : log_) count += path.find(part) != path.npos ? 1 : 0;
  return count;
}

size_t FakeEngine::subscribers() const {
  std::lock_guard lock(mutex_);
  return subscribers_;
}

}  // namespace fairlead::testing
