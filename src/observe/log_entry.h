// Everything one access log line can say, as views: the record plus what only the heads know.
// Filled by server/serve.cc on its stack when the exchange ends; valid during AccessLog::log()
// only. One worker.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "observe/record.h"

namespace fairlead::observe {

struct HeaderView {
  std::string_view name, value;
};

// Somebody else's array of header fields, whatever its element type is. Copies nothing; the array
// outlives it.
class HeaderList {
 public:
  HeaderList() = default;
  // Any element with members `name` and `value` (http::Field, HeaderView).
  template <class T>
  static HeaderList of(std::span<const T> fields) {
    HeaderList list;
    list.first_ = fields.data();
    list.count_ = fields.size();
    list.at_ = [](const void* first, size_t i) {
      const T& field = static_cast<const T*>(first)[i];
      return HeaderView{field.name, field.value};
    };
    return list;
  }

  size_t size() const { return count_; }
  HeaderView operator[](size_t i) const { return at_(first_, i); }
  // The first of that name (ASCII case does not matter), or "".
  std::string_view get(std::string_view name) const;

 private:
  const void* first_ = nullptr;
  size_t count_ = 0;
  HeaderView (*at_)(const void*, size_t) = nullptr;
};

struct LogEntry {
  explicit LogEntry(const Record& record) : record(record) {}

  const Record& record;
  std::string_view client_host;  // the peer's IP without port; "" for Unix sockets
  uint16_t client_port = 0;
  std::string_view forwarded_for;  // X-Forwarded-For as received, when its sender is trusted;
                                   // replaces ClientHost
  std::string_view method;         // "GET"
  std::string_view target;         // as received: path and query, or the absolute form
  std::string_view protocol;       // "HTTP/1.1"
  std::string_view scheme = "http";
  std::string_view authority;  // Host as received, with its port when it has one
  HeaderList request_headers;
  HeaderList upstream_headers;  // as the upstream sent them; empty when there was none
  HeaderList response_headers;  // as the client got them
};

// "/p?q" of "http://h/p?q" and of itself; "*" and authority forms stay as they are.
enum class Query : uint8_t { keep, drop };
std::string_view request_path(std::string_view target, Query query);

struct HostPort {
  std::string_view host;  // without brackets
  std::string_view port;  // "-" when absent
};
HostPort split_host_port(std::string_view authority);

bool equal_without_case(std::string_view a, std::string_view b);

}  // namespace fairlead::observe
