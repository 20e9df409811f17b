#include "support/fake_api_server.h"

#include <algorithm>
#include <sstream>

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::testing {

namespace {

std::string unescape(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out.push_back(static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16)));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string key_of(const nlohmann::json& object) {
  std::string space = object["metadata"].value("namespace", "");
  std::string name = object["metadata"].value("name", "");
  return space.empty() ? name : space + "/" + name;
}

std::string chunk(const std::string& text) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", text.size());
  return size + text + "\r\n";
}

bool matches(const nlohmann::json& object, const std::map<std::string, std::string>& query) {
  auto selector = query.find("fieldSelector");
  if (selector == query.end()) return true;
  size_t equals = selector->second.find('=');
  std::string field = selector->second.substr(0, equals);
  std::string value = selector->second.substr(equals + 1);
  if (field == "metadata.name") return object["metadata"].value("name", "") == value;
  if (field == "type") return object.value("type", "") == value;
  return true;
}

}  // namespace

std::string FakeApiServer::Request::header(const std::string& name) const {
  size_t at = head.find("\r\n" + name + ": ");
  if (at == head.npos) return "";
  size_t start = at + name.size() + 4;
  return head.substr(start, head.find("\r\n", start) - start);
}

FakeApiServer::FakeApiServer() { start(); }

FakeApiServer::~FakeApiServer() { stop(); }

void FakeApiServer::start() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port_);
  REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(listener_, 64) == 0);
  socklen_t size = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  {
    std::lock_guard lock(mutex_);
    is_stopping_ = false;
  }
  acceptor_ = std::thread([this, listener = listener_] { accept_all(listener); });
}

void FakeApiServer::stop() {
  if (listener_ < 0) return;
  {
    std::lock_guard lock(mutex_);
    is_stopping_ = true;
    shutdown(listener_, SHUT_RDWR);
    for (int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  changed_.notify_all();
  join_all();
  close(listener_);
  listener_ = -1;
}

void FakeApiServer::join_all() {
  acceptor_.join();
  std::vector<std::thread> servers;
  {
    std::lock_guard lock(mutex_);
    servers.swap(servers_);
  }
  for (std::thread& server : servers) server.join();
}

void FakeApiServer::accept_all(int listener) {
  while (true) {
    int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    std::lock_guard lock(mutex_);
    if (is_stopping_) {
      close(fd);
      return;
    }
    open_.insert(fd);
    if (!cuts_.empty()) {
      budget_[fd] = cuts_.front();
      cuts_.pop_front();
    }
    servers_.emplace_back([this, fd] { serve(fd); });
  }
}

void FakeApiServer::serve(int fd) {
  std::string buffer;
  Request request;
  while (read_request(fd, buffer, request) && answer(fd, request)) {
  }
  std::lock_guard lock(mutex_);
  open_.erase(fd);
  budget_.erase(fd);
  watching_.erase(fd);
  close(fd);
}

bool FakeApiServer::read_request(int fd, std::string& buffer, Request& request) {
  char bytes[16384];
  auto more = [&] {
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got > 0) buffer.append(bytes, static_cast<size_t>(got));
    return got > 0;
  };
  while (buffer.find("\r\n\r\n") == buffer.npos) {
    if (!more()) return false;
  }
  size_t end = buffer.find("\r\n\r\n") + 4;
  request = {};
  request.head = buffer.substr(0, end);
  buffer.erase(0, end);
  size_t space = request.head.find(' ');
  request.method = request.head.substr(0, space);
  request.target = request.head.substr(space + 1, request.head.find(' ', space + 1) - space - 1);
  std::string length = request.header("Content-Length");
  size_t body = length.empty() ? 0 : std::stoul(length);
  while (buffer.size() < body) {
    if (!more()) return false;
  }
  request.body = buffer.substr(0, body);
  buffer.erase(0, body);
  size_t question = std::min(request.target.find('?'), request.target.size());
  request.path = request.target.substr(0, question);
  std::string rest = request.target.substr(std::min(question + 1, request.target.size()));
  while (!rest.empty()) {
    size_t stop = std::min(rest.find('&'), rest.size());
    std::string pair = rest.substr(0, stop);
    size_t equals = std::min(pair.find('='), pair.size());
    request.query[pair.substr(0, equals)] =
        unescape(pair.substr(std::min(equals + 1, pair.size())));
    rest.erase(0, std::min(stop + 1, rest.size()));
  }
  return true;
}

bool FakeApiServer::send_all(int fd, std::string_view bytes) {
  bool is_cut = false;
  {
    std::lock_guard lock(mutex_);
    auto budget = budget_.find(fd);
    if (budget != budget_.end()) {
      is_cut = bytes.size() >= budget->second;
      bytes = bytes.substr(0, budget->second);
      budget->second -= bytes.size();
    }
  }
  while (!bytes.empty()) {
    ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  if (is_cut) shutdown(fd, SHUT_RDWR);
  return !is_cut;
}

bool FakeApiServer::send_answer(int fd, int status, const std::string& body,
                                const std::string& headers) {
  return send_all(fd, "HTTP/1.1 " + std::to_string(status) +
                          " X\r\nContent-Type: application/json\r\nContent-Length: " +
                          std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body);
}

bool FakeApiServer::answer(int fd, const Request& request) {
  std::unique_lock lock(mutex_);
  log_.push_back(request.method + " " + request.target);
  changed_.notify_all();
  auto failure = std::ranges::find_if(
      failures_, [&](const Failure& one) { return log_.back().contains(one.part); });
  if (failure != failures_.end()) {
    Failure told = *failure;
    if (--failure->times == 0) failures_.erase(failure);
    lock.unlock();
    return send_answer(fd, told.status, told.body, told.headers);
  }
  bool is_known = token_.empty() || request.header("Authorization") == "Bearer " + token_;
  lock.unlock();
  if (!is_known) return send_answer(fd, 401, R"({"kind":"Status","message":"Unauthorized"})");
  if (request.method != "GET") return answer_write(fd, request);
  if (request.path == "/version") return send_answer(fd, 200, R"({"gitVersion":"v1.34.0"})");
  // /api/v1[/namespaces/x]/things[/name] or /apis/group/version[/namespaces/x]/things[/name]
  std::vector<std::string> parts;
  std::stringstream path(request.path.substr(1));
  for (std::string part; std::getline(path, part, '/');) parts.push_back(part);
  parts.erase(parts.begin(), parts.begin() + (parts[0] == "api" ? 2 : 3));
  std::string space;
  if (parts.size() > 2 && parts[0] == "namespaces") {
    space = parts[1];
    parts.erase(parts.begin(), parts.begin() + 2);
  }
  if (parts.size() == 2) {
    Json object = get(parts[0], space.empty() ? parts[1] : space + "/" + parts[1]);
    if (object.is_null()) return send_answer(fd, 404, R"({"kind":"Status","message":"not found"})");
    return send_answer(fd, 200, object.dump());
  }
  if (request.query.contains("watch")) return stream(fd, parts[0], space, request);
  return answer_list(fd, parts[0], space, request);
}

bool FakeApiServer::answer_list(int fd, const std::string& resource, const std::string& space,
                                const Request& request) {
  Json list{{"kind", "List"}, {"apiVersion", "v1"}, {"items", Json::array()}};
  {
    std::lock_guard lock(mutex_);
    size_t limit = request.query.contains("limit") ? std::stoul(request.query.at("limit")) : 0;
    std::string after = request.query.contains("continue") ? request.query.at("continue") : "";
    list["metadata"]["resourceVersion"] = std::to_string(version_);
    for (const auto& [key, object] : objects_[resource]) {
      bool is_in_space = space.empty() || key.starts_with(space + "/");
      if (key <= after || !is_in_space || !matches(object, request.query)) continue;
      if (limit != 0 && list["items"].size() == limit) {
        list["metadata"]["continue"] = key_of(list["items"].back());
        break;
      }
      list["items"].push_back(object);
    }
  }
  return send_answer(fd, 200, list.dump() + "\n");
}

bool FakeApiServer::stream(int fd, const std::string& resource, const std::string& space,
                           const Request& request) {
  bool is_list = request.query.contains("sendInitialEvents");
  if (is_list && !streams_lists_) {
    return send_answer(
        fd, 422, R"({"kind":"Status","code":422,"message":"sendInitialEvents is forbidden"})");
  }
  std::unique_lock lock(mutex_);
  uint64_t from = version_;
  std::string first;
  if (is_list) {
    for (const auto& [key, object] : objects_[resource]) {
      bool is_in_space = space.empty() || key.starts_with(space + "/");
      if (!is_in_space || !matches(object, request.query)) continue;
      first += chunk(Json{{"type", "ADDED"}, {"object", object}}.dump() + "\n");
    }
    Json mark{{"metadata",
               {{"resourceVersion", std::to_string(version_)},
                {"annotations", {{"k8s.io/initial-events-end", "true"}}}}}};
    first += chunk(Json{{"type", "BOOKMARK"}, {"object", mark}}.dump() + "\n");
  } else {
    from = std::stoull(request.query.at("resourceVersion"));
    if (from < oldest_) {
      lock.unlock();
      return send_answer(fd, 410,
                         R"({"kind":"Status","code":410,"reason":"Expired","message":"too old"})");
    }
  }
  size_t next = 0;
  unsigned ends = ends_;
  watching_[fd] = resource;
  changed_.notify_all();
  lock.unlock();
  bool is_alive = send_all(fd,
                           "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n" +
                               first);
  lock.lock();
  while (is_alive && !is_stopping_ && ends == ends_) {
    if (next == events_.size()) {
      changed_.wait(lock);
      continue;
    }
    Event event = events_[next++];
    bool is_in_space = space.empty() || event.space.empty() || event.space == space;
    bool is_its = event.resource == resource && is_in_space &&
                  (event.version == 0 || event.version > from) &&
                  (event.object.is_null() || matches(event.object, request.query));
    if (!is_its) continue;
    lock.unlock();
    is_alive = send_all(fd, chunk(event.line + "\n"));
    lock.lock();
  }
  watching_.erase(fd);
  bool is_cut = is_stopping_ || !is_alive;
  lock.unlock();
  return !is_cut && send_all(fd, "0\r\n\r\n");
}

bool FakeApiServer::answer_write(int fd, const Request& request) {
  Json body = Json::parse(request.body, nullptr, false);
  std::lock_guard lock(mutex_);
  writes_.push_back({request.method, request.path, request.header("Content-Type"), body});
  changed_.notify_all();
  bool is_lease = request.path.contains("/leases");
  if (!is_lease) {
    std::string text = body.is_discarded() ? "{}" : body.dump();
    std::string answer =
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
    return send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) > 0;
  }
  std::string key = key_of(body);
  auto& leases = objects_["leases"];
  bool conflicts = request.method == "POST"
                       ? leases.contains(key)
                       : !leases.contains(key) || leases[key]["metadata"]["resourceVersion"] !=
                                                      body["metadata"]["resourceVersion"];
  int status = conflicts ? 409 : 200;
  if (!conflicts) {
    body["metadata"]["resourceVersion"] = std::to_string(++version_);
    leases[key] = body;
  }
  std::string text = conflicts ? R"({"kind":"Status","reason":"Conflict"})" : body.dump();
  std::string answer = "HTTP/1.1 " + std::to_string(status) +
                       " X\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
  return send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) > 0;
}

void FakeApiServer::note(const std::string& resource, const char* type, const Json& object) {
  events_.push_back({resource, object["metadata"].value("namespace", ""),
                     Json{{"type", type}, {"object", object}}.dump(), version_, object});
  changed_.notify_all();
}

void FakeApiServer::put(const std::string& resource, Json object) {
  std::lock_guard lock(mutex_);
  object["metadata"]["resourceVersion"] = std::to_string(++version_);
  std::string key = key_of(object);
  bool is_new = !objects_[resource].contains(key);
  objects_[resource][key] = object;
  note(resource, is_new ? "ADDED" : "MODIFIED", object);
}

void FakeApiServer::remove(const std::string& resource, const std::string& key) {
  std::lock_guard lock(mutex_);
  Json object = objects_[resource].at(key);
  objects_[resource].erase(key);
  object["metadata"]["resourceVersion"] = std::to_string(++version_);
  note(resource, "DELETED", object);
}

FakeApiServer::Json FakeApiServer::get(const std::string& resource, const std::string& key) const {
  std::lock_guard lock(mutex_);
  auto kind = objects_.find(resource);
  if (kind == objects_.end()) return nullptr;
  auto found = kind->second.find(key);
  return found == kind->second.end() ? Json() : found->second;
}

void FakeApiServer::send_line(const std::string& resource, const std::string& line) {
  std::lock_guard lock(mutex_);
  // Sent to the watches of now only: a version that no later watch reaches back to.
  events_.push_back({resource, "", line, ++version_, nullptr});
  changed_.notify_all();
}

void FakeApiServer::forget_history() {
  std::lock_guard lock(mutex_);
  oldest_ = ++version_;
}

void FakeApiServer::end_watches() {
  std::lock_guard lock(mutex_);
  ++ends_;
  changed_.notify_all();
}

void FakeApiServer::cut_watches() {
  std::lock_guard lock(mutex_);
  for (const auto& [fd, resource] : watching_) shutdown(fd, SHUT_RDWR);
  ++ends_;
  changed_.notify_all();
}

void FakeApiServer::cut_after(std::vector<size_t> bytes) {
  std::lock_guard lock(mutex_);
  cuts_.insert(cuts_.end(), bytes.begin(), bytes.end());
}

void FakeApiServer::fail(const std::string& part, int status, int times, const std::string& body,
                         const std::string& headers) {
  std::lock_guard lock(mutex_);
  failures_.push_back({part, body, headers, status, times});
}

void FakeApiServer::require_token(const std::string& token) {
  std::lock_guard lock(mutex_);
  token_ = token;
}

int FakeApiServer::asked(const std::string& part) const {
  std::lock_guard lock(mutex_);
  return static_cast<int>(
      std::ranges::count_if(log_, [&](const std::string& one) { return one.contains(part); }));
}

size_t FakeApiServer::watchers(const std::string& resource) const {
  std::lock_guard lock(mutex_);
  return static_cast<size_t>(
      std::ranges::count_if(watching_, [&](const auto& one) { return one.second == resource; }));
}

std::vector<FakeApiServer::Write> FakeApiServer::writes(const std::string& part) const {
  std::lock_guard lock(mutex_);
  std::vector<Write> found;
  for (const Write& one : writes_) {
    if ((one.method + " " + one.path).contains(part)) found.push_back(one);
  }
  return found;
}

}  // namespace fairlead::testing
