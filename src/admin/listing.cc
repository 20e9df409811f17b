#include "admin/listing.h"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace fairlead::admin {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

std::string text_of(const Json& element, const char* key) {
  auto found = element.find(key);
  return found != element.end() && found->is_string() ? found->get<std::string>() : std::string();
}

size_t count_of(const Json& element, const char* key) {
  auto found = element.find(key);
  return found != element.end() && found->is_array() ? found->size() : 0;
}

bool contains(const Json& element, std::span<const char* const> keys, const std::string& needle) {
  auto holds = [&](const std::string& text) {
    return lower(text).find(needle) != std::string::npos;
  };
  for (const char* key : keys) {
    auto found = element.find(key);
    if (found == element.end()) continue;
    if (found->is_string() && holds(found->get<std::string>())) return true;
    if (!found->is_array()) continue;
    for (const Json& item : *found) {
      if (item.is_string() && holds(item.get<std::string>())) return true;
    }
  }
  return false;
}

bool is_found(const Json& element, Kind kind, const std::string& search) {
  static constexpr const char* kNameAndRule[] = {"name", "rule"};
  static constexpr const char* kCertificate[] = {"commonName", "issuerOrg", "issuerCN", "sans"};
  if (search.empty()) return true;
  std::string needle = lower(search);
  if (kind == Kind::certificate) return contains(element, kCertificate, needle);
  return contains(element, kNameAndRule, needle);
}

// A router may name its service with or without provider.
bool has_service(const Json& element, const std::string& wanted) {
  if (wanted.empty()) return true;
  std::string service = text_of(element, "service");
  if (service.find('@') != service.npos) return service == wanted;
  return service == wanted.substr(0, wanted.find('@'));
}

bool has_middleware(const Json& element, const std::string& wanted) {
  if (wanted.empty()) return true;
  auto found = element.find("middlewares");
  return found != element.end() && found->is_array() &&
         std::ranges::find(*found, Json(wanted)) != found->end();
}

bool is_kept(const Json& element, Kind kind, const Query& query) {
  const std::string& status = query.get("status");
  if (!status.empty() && lower(status) != lower(text_of(element, "status"))) return false;
  if (!is_found(element, kind, query.get("search"))) return false;
  if (kind != Kind::router) return true;
  return has_service(element, query.get("serviceName")) &&
         has_middleware(element, query.get("middlewareName"));
}

struct SortKey {
  int64_t number = 0;
  std::string text, name;
  auto operator<=>(const SortKey&) const = default;
};

SortKey sort_key(const Json& element, Kind kind, const std::string& by) {
  SortKey key{.number = 0, .text = {}, .name = text_of(element, "name")};
  if (kind == Kind::certificate) {
    key.name = text_of(element, "commonName");
    if (by == "validUntil") key.text = text_of(element, "notAfter");
    if (by == "issuer")
      key.text = text_of(element, element.contains("issuerOrg") ? "issuerOrg" : "issuerCN");
  }
  if (by == "priority" && element.contains("priority"))
    key.number = element["priority"].get<int64_t>();
  if (by == "entryPoints") key.number = static_cast<int64_t>(count_of(element, "entryPoints"));
  if (by == "servers" && element.contains("loadBalancer")) {
    key.number = static_cast<int64_t>(count_of(element["loadBalancer"], "servers"));
  }
  for (const char* field : {"provider", "status", "rule", "service", "type"}) {
    if (by == field) key.text = text_of(element, field);
  }
  return key;
}

Json sorted(const Json& elements, Kind kind, const Query& query) {
  std::vector<std::pair<SortKey, const Json*>> order;
  for (const Json& element : elements) {
    if (is_kept(element, kind, query))
      order.emplace_back(sort_key(element, kind, query.get("sortBy")), &element);
  }
  bool is_rising = query.get("direction").empty() || query.get("direction") == "asc";
  std::ranges::sort(order, [&](const auto& a, const auto& b) {
    return is_rising ? a.first < b.first : b.first < a.first;
  });
  Json out = Json::array();
  for (const auto& [key, element] : order) out.push_back(*element);
  return out;
}

std::expected<size_t, std::string> positive(const Query& query, const char* name, size_t usual) {
  const std::string& text = query.get(name);
  if (text.empty()) return usual;
  uint32_t value = 0;  // 32 bits: page times per_page cannot overflow
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool is_number = problem == std::errc{} && end == text.data() + text.size();
  if (!is_number || value == 0) {
    return std::unexpected(std::string("invalid request: ") + name + ": 0");
  }
  return value;
}

}  // namespace

std::expected<Page, std::string> list(Json elements, Kind kind, const Query& query) {
  auto per_page = positive(query, "per_page", 100);
  if (!per_page) return std::unexpected(per_page.error());
  auto page = positive(query, "page", 1);
  if (!page) return std::unexpected(page.error());
  Json all = sorted(elements, kind, query);
  size_t start = (*page - 1) * *per_page;
  if (start != 0 && start >= all.size()) {
    return std::unexpected("invalid request: page: " + std::to_string(*page) +
                           ", per_page: " + std::to_string(*per_page));
  }
  Page out;
  out.elements = Json::array();
  size_t end = std::min(start + *per_page, all.size());
  for (size_t i = start; i < end; ++i) out.elements.push_back(std::move(all[i]));
  if (*page * *per_page < all.size()) out.next = *page + 1;
  return out;
}

}  // namespace fairlead::admin
