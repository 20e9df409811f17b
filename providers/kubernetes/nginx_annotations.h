// The annotations of ingress-nginx on one Ingress, looked up by key without the prefix, checked
// against the registry (nginx_annotations.inc). Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "providers/kubernetes/finding.h"
#include "providers/kubernetes/objects.h"

namespace fairlead::providers::kubernetes {

struct NginxAnnotation {
  enum class Value : uint8_t {
    text,
    boolean,
    number,
    size,
    on_off,
    path,
    url,
    words,
    cidrs,
    regex
  };
  enum class Support : uint8_t { served, partly, refused, reported };
  std::string_view key;
  Value value;
  Support support;
  std::string_view meaning;
};

std::span<const NginxAnnotation> nginx_annotations();
// What docs/kubernetes-annotations.md says, from the registry.
std::string nginx_annotations_page();

inline constexpr std::string_view kNginxPrefix = "nginx.ingress.kubernetes.io/";

class NginxAnnotations {
 public:
  explicit NginxAnnotations(const Annotations& annotations) : annotations_(annotations) {}

  // "" when absent.
  std::string text(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }
  bool flag(std::string_view key, bool otherwise = false) const;
  int64_t number(std::string_view key, int64_t otherwise) const;
  // "8k", "1m", "1g" in bytes.
  int64_t size(std::string_view key, int64_t otherwise) const;
  bool is_on(std::string_view key, bool otherwise) const;
  std::vector<std::string> words(std::string_view key) const;

  // What is wrong, unknown or not served. False when a value breaks its rule or the route is not
  // safe without what is refused: then it must not be served.
  bool check(Findings& findings) const;

 private:
  const std::string* find(std::string_view key) const;

  const Annotations& annotations_;
};

// "8k" → 8192.
std::optional<int64_t> parse_size(std::string_view text);
// Whether the text is a regular expression that we can run.
bool is_regex(const std::string& text, std::string& why);

}  // namespace fairlead::providers::kubernetes
