#include "tests/support/data_plane.h"

#include <charconv>
#include <stdexcept>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/node.h"
#include "io/listener.h"

namespace fairlead::testing {
namespace {

int listen_on_loopback(uint16_t& port) {
  Result<int> fd = io::open_listener(*io::Address::parse("127.0.0.1", port));
  if (!fd) throw std::runtime_error("no port to listen on");
  sockaddr_in name{};
  socklen_t bytes = sizeof name;
  ::getsockname(*fd, reinterpret_cast<sockaddr*>(&name), &bytes);
  port = ntohs(name.sin_port);
  return *fd;
}

void make_blocking(int fd, int seconds) {
  timeval patience{seconds, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

bool receive_some(int fd, std::string& into) {
  char block[65536];
  ssize_t got = ::recv(fd, block, sizeof block, 0);
  if (got <= 0) return false;
  into.append(block, static_cast<size_t>(got));
  return true;
}

size_t content_length(const std::string& head) {
  size_t at = head.find("Content-Length: ");
  if (at == head.npos) return 0;
  size_t value = 0;
  std::from_chars(head.data() + at + 16, head.data() + head.size(), value);
  return value;
}

control::CompilerSettings compiler_settings(observe::Metrics& metrics,
                                            upstream::HealthTable& health) {
  control::CompilerSettings settings;
  settings.entry_points = {"web"};
  settings.metrics = &metrics;
  settings.health = &health;
  return settings;
}

config::MergeSettings merge_settings() {
  config::MergeSettings settings;
  config::EntryPointDefaults::EntryPoint web;
  web.name = "web";
  settings.entry_points.entry_points = {web};
  return settings;
}

}  // namespace

Client::Client(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  make_blocking(fd_, 20);
  io::Address to = *io::Address::parse("127.0.0.1", port);
  if (::connect(fd_, to.raw(), to.raw_bytes()) != 0) throw std::runtime_error("cannot connect");
}
Client::~Client() { ::close(fd_); }

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void Client::finish_sending() { ::shutdown(fd_, SHUT_WR); }

std::string Client::receive(bool is_head) {
  size_t end;
  while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive_some(fd_, unread_)) return {};
  }
  size_t whole = end + 4 + (is_head ? 0 : content_length(unread_.substr(0, end)));
  while (unread_.size() < whole) {
    if (!receive_some(fd_, unread_)) return {};
  }
  std::string response = unread_.substr(0, whole);
  unread_.erase(0, whole);
  return response;
}

std::string Client::receive_all() {
  while (receive_some(fd_, unread_)) {
  }
  return std::move(unread_);
}

std::string ok_response(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

Origin::Origin(Script script) : script_(std::move(script)), port_(0) {
  listening_ = listen_on_loopback(port_);
  acceptor_ = std::thread(&Origin::run, this);
}

Origin::~Origin() {
  is_stopping_ = true;
  ::shutdown(listening_, SHUT_RDWR);
  acceptor_.join();
  {
    std::lock_guard lock(mutex_);
    for (int fd : fds_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  ::close(listening_);
}

void Origin::run() {
  while (!is_stopping_) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(listening_, &set);
    if (::select(listening_ + 1, &set, nullptr, nullptr, nullptr) < 0 || is_stopping_) break;
    int fd = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    ++connections_;
    std::lock_guard lock(mutex_);
    fds_.push_back(fd);
    threads_.emplace_back(&Origin::serve, this, fd);
  }
}

void Origin::serve(int fd) {
  std::string unread;
  for (;;) {
    size_t end;
    while ((end = unread.find("\r\n\r\n")) == std::string::npos) {
      if (!receive_some(fd, unread)) break;
    }
    if (end == std::string::npos) break;
    std::string head = unread.substr(0, end + 4);
    unread.erase(0, end + 4);
    ++requests_;
    std::string answer = script_(head);
    if (answer.empty() || ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
  }
  ::shutdown(fd, SHUT_RDWR);
  ::close(fd);
  std::lock_guard lock(mutex_);
  std::erase(fds_, fd);
}

DataPlane::DataPlane(const std::string& document,
                     std::function<void(server::EntryPointOptions&)> adjust)
    : metrics_({{"web"}}, 1), port_(0) {
  io::Loop::current() = &control_loop_;
  configuration_ = std::make_unique<control::Configuration>(
      merge_settings(), config::ValidateSettings{{"web"}, {}, {}, {}, {}, {}, {}, {}},
      compiler_settings(metrics_, health_));
  current_ = build(document);
  ::close(listen_on_loopback(port_));
  server::ServerOptions options;
  server::EntryPointOptions entry;
  entry.name = "web";
  entry.port = port_;
  entry.addresses = {*io::Address::parse("127.0.0.1", port_)};
  if (adjust) adjust(entry);
  options.entry_points = {entry};
  server::InheritedSockets inherited;
  auto opened =
      server::Server::open(options, current_.snapshot, {nullptr, &metrics_}, mailbox_, inherited);
  if (!opened) throw std::runtime_error(opened.error());
  server_ = std::move(*opened);
  server_->start();
}

DataPlane::~DataPlane() { server_.reset(); }

control::Outcome DataPlane::build(const std::string& document) {
  config::Fragment fragment;
  fragment.provider = "file";
  config::Node node = config::parse_yaml(document, "test", fragment.diagnostics);
  fragment.objects = config::decode_dynamic(node, "test", fragment.diagnostics);
  control::Outcome outcome = configuration_->build({&fragment});
  diagnostics_ = outcome.config.diagnostics;
  return outcome;
}

void DataPlane::publish(const std::string& document) {
  current_ = build(document);
  bool is_there = false;
  server_->publish(current_.snapshot, [&] { is_there = true; });
  while (!is_there) control_loop_.step();
}

void DataPlane::on_worker(std::function<void()> job) {
  bool is_done = false;
  server_->on_every_worker(std::move(job), [&] { is_done = true; });
  while (!is_done) control_loop_.step();
}

}  // namespace fairlead::testing
