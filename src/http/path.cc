// What a request asks for: the four target forms, and one normal form of the path that routers
// match and upstreams get (RFC 9112 §3.2, RFC 3986 §6.2.2). Matching one form and forwarding
// another is how access rules are passed by.
#include "http/ascii.h"
#include "http/semantics_parts.h"

namespace fairlead::http {
namespace {

bool is_target(std::string_view target) {
  for (char c : target) {
    auto u = static_cast<uint8_t>(c);
    if (u <= 0x20 || u >= 0x7f || c == '#') return false;
  }
  return !target.empty();
}

void split_query(std::string_view target, TargetParts& parts) {
  size_t mark = target.find('?');
  parts.path = target.substr(0, mark);
  parts.has_query = mark != std::string_view::npos;
  if (parts.has_query) parts.query = target.substr(mark + 1);
}

Code split_absolute(const RequestHead& head, TargetParts& parts) {
  std::string_view target = head.target;
  size_t colon = target.find("://");
  if (colon == std::string_view::npos) return Code::bad_target;
  std::string_view scheme = target.substr(0, colon);
  if (!equals_ignore_case(scheme, "http") && !equals_ignore_case(scheme, "https")) {
    return Code::bad_target;
  }
  target.remove_prefix(colon + 3);
  size_t end = std::min(target.find_first_of("/?"), target.size());
  parts.authority = target.substr(0, end);
  if (parts.authority.empty() || parts.authority.find('@') != std::string_view::npos) {
    return Code::bad_target;
  }
  split_query(target.substr(end), parts);
  if (!parts.path.empty()) return Code::ok;
  // RFC 9112 §3.2.4: OPTIONS without a path asks about the server.
  parts.path = head.method == Method::options && !parts.has_query ? "*" : "/";
  return Code::ok;
}

bool is_allowed(unsigned byte, const RequestPolicy& policy) {
  switch (byte) {
    case '/':
      return policy.allows_encoded_slash;
    case '\\':
      return policy.allows_encoded_back_slash;
    case 0:
      return policy.allows_encoded_null_character;
    case ';':
      return policy.allows_encoded_semicolon;
    case '%':
      return policy.allows_encoded_percent;
    case '?':
      return policy.allows_encoded_question_mark;
    case '#':
      return policy.allows_encoded_hash;
    default:
      return true;
  }
}

// The byte that "%XX" at `at` stands for, or -1.
int read_escape(std::string_view text, size_t at) {
  if (at + 2 >= text.size()) return -1;
  int high = hex_value(text[at + 1]);
  int low = hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

char upper_hex(char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 0x20) : c; }

struct PathFaults {
  Code code = Code::ok;
  bool has_escape = false;
  bool has_dot_or_empty_segment = false;
};

// One look, which in the usual case finds nothing to do.
PathFaults look_at(std::string_view path, const RequestPolicy& policy) {
  PathFaults found;
  char previous = 0;
  for (size_t i = 0; i < path.size(); previous = path[i++]) {
    char c = path[i];
    if (previous == '/' && (c == '/' || c == '.')) found.has_dot_or_empty_segment = true;
    if (c == '\\') found.code = Code::bad_target;
    if (c != '%') continue;
    found.has_escape = true;
    int byte = read_escape(path, i);
    if (byte < 0) found.code = Code::bad_target;
    if (found.code == Code::ok && !is_allowed(static_cast<unsigned>(byte), policy)) {
      found.code = Code::bad_path;
    }
  }
  return found;
}

std::string_view normalise_escapes(std::string_view path, Arena& arena) {
  char* to = arena.take_chars(path.size());
  char* at = to;
  for (size_t i = 0; i < path.size(); ++i) {
    int byte = path[i] == '%' ? read_escape(path, i) : -1;
    if (byte < 0) {
      *at++ = path[i];
    } else if (is_unreserved(static_cast<char>(byte))) {
      *at++ = static_cast<char>(byte);
      i += 2;
    } else {
      *at++ = '%';
      *at++ = upper_hex(path[i + 1]);
      *at++ = upper_hex(path[i + 2]);
      i += 2;
    }
  }
  return {to, static_cast<size_t>(at - to)};
}

// As Go's path.Clean with the last slash kept, which Traefik uses: "/a/b/.." is "/a", "/a/b/../" is
// "/a/".
std::string_view resolve_segments(std::string_view path, Arena& arena) {
  char* to = arena.take_chars(path.size() + 1);
  size_t size = 0;
  bool ends_with_slash = path.ends_with('/');
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") {
      while (size > 0 && to[--size] != '/') {
      }
      continue;
    }
    to[size++] = '/';
    size += segment.copy(to + size, segment.size());
  }
  if (size == 0 || ends_with_slash) to[size++] = '/';
  return {to, size};
}

std::string_view replace_semicolons(std::string_view query, bool encodes, Arena& arena) {
  if (query.find(';') == std::string_view::npos) return query;
  char* to = arena.take_chars(query.size() * (encodes ? 3 : 1));
  char* at = to;
  for (char c : query) {
    if (c != ';') {
      *at++ = c;
    } else if (!encodes) {
      *at++ = '&';
    } else {
      *at++ = '%';
      *at++ = '3';
      *at++ = 'B';
    }
  }
  return {to, static_cast<size_t>(at - to)};
}

}  // namespace

Code split_target(const RequestHead& head, TargetParts& parts) {
  // HTTP/1 targets passed the head parser, which knows these characters too.
  if (head.version >= Version::http2 && !(is_target(head.target) && is_token(head.method_text))) {
    return Code::bad_target;
  }
  if (head.target.starts_with('/')) {
    split_query(head.target, parts);
    return Code::ok;
  }
  if (head.target == "*") {
    parts.path = head.target;
    return head.method == Method::options ? Code::ok : Code::bad_target;
  }
  if (head.version >= Version::http2) return Code::bad_target;
  return split_absolute(head, parts);
}

Code place_path(RequestHead& head, const TargetParts& parts, Arena& arena,
                const RequestPolicy& policy) {
  PathFaults found = look_at(parts.path, policy);
  if (found.code != Code::ok) return found.code;
  head.path = parts.path;
  if (found.has_escape) {
    head.path = normalise_escapes(head.path, arena);
    // "%2E" was a dot after all.
    found.has_dot_or_empty_segment = true;
  }
  if (policy.sanitizes_path && found.has_dot_or_empty_segment && head.path != "*") {
    head.path = resolve_segments(head.path, arena);
  }
  head.has_query = parts.has_query;
  head.query = replace_semicolons(parts.query, policy.encodes_query_semicolons, arena);
  return Code::ok;
}

std::string_view routing_path(std::string_view path, Arena& arena) {
  if (path.find('%') == std::string_view::npos) return path;
  char* to = arena.take_chars(path.size());
  char* at = to;
  bool is_changed = false;
  for (size_t i = 0; i < path.size(); ++i) {
    int byte = path[i] == '%' ? read_escape(path, i) : -1;
    if (byte < 0) {
      *at++ = path[i];
      continue;
    }
    // "%25" stays: decoded, it would make another escape of what follows.
    if (is_reserved(static_cast<char>(byte)) || byte == '%') {
      *at++ = '%';
      *at++ = upper_hex(path[i + 1]);
      *at++ = upper_hex(path[i + 2]);
      is_changed = is_changed || upper_hex(path[i + 1]) != path[i + 1] ||
                   upper_hex(path[i + 2]) != path[i + 2];
    } else {
      *at++ = static_cast<char>(byte);
      is_changed = true;
    }
    i += 2;
  }
  if (!is_changed) return path;
  return {to, static_cast<size_t>(at - to)};
}

}  // namespace fairlead::http
