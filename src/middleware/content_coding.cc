#include "middleware/content_coding.h"

#include <array>

#include "middleware/fields.h"

namespace fairlead::middleware {
namespace {

constexpr size_t kCodings = 4;
constexpr int kUnsaid = -1;

std::string_view trimmed(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// RFC 9110 §12.4.2: "0", "0.5", "1.000" in thousandths; nothing when malformed.
std::optional<int> parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int weight = (text[0] - '0') * 1000;
  if (text.size() == 1) return weight;
  if (text[1] != '.') return std::nullopt;
  int unit = 100;
  for (char digit : text.substr(2)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    weight += (digit - '0') * unit;
    unit /= 10;
  }
  if (weight > 1000) return std::nullopt;
  return weight;
}

// What the client gives each coding, in thousandths; kUnsaid where it said nothing.
struct Weights {
  std::array<int, kCodings> of;
  int others = kUnsaid;  // "*"

  Weights() { of.fill(kUnsaid); }

  void read(std::string_view element) {
    size_t semicolon = element.find(';');
    std::string_view name = trimmed(element.substr(0, semicolon));
    int weight = 1000;
    if (semicolon != std::string_view::npos) {
      std::string_view parameter = trimmed(element.substr(semicolon + 1));
      if (parameter.size() < 2 || (parameter[0] | 0x20) != 'q' || parameter[1] != '=') return;
      std::optional<int> parsed = parse_weight(trimmed(parameter.substr(2)));
      if (!parsed) return;
      weight = *parsed;
    }
    if (name == "*") {
      others = weight;
    } else if (http::equals_ignore_case(name, "identity")) {
      of[0] = weight;
    } else if (std::optional<Coding> coding = coding_of(name)) {
      of[static_cast<size_t>(*coding)] = weight;
    }
  }

  int weight(Coding coding) const {
    int said = of[static_cast<size_t>(coding)];
    if (said != kUnsaid) return said;
    return others == kUnsaid ? 0 : others;
  }
};

}  // namespace

std::string_view coding_name(Coding coding) {
  constexpr std::string_view kNames[kCodings] = {"identity", "gzip", "br", "zstd"};
  return kNames[static_cast<size_t>(coding)];
}

std::optional<Coding> coding_of(std::string_view name) {
  for (Coding coding : {Coding::gzip, Coding::br, Coding::zstd}) {
    if (http::equals_ignore_case(name, coding_name(coding))) return coding;
  }
  // RFC 9110 §8.4.1.3: recipients should consider it equal.
  if (http::equals_ignore_case(name, "x-gzip")) return Coding::gzip;
  return std::nullopt;
}

Coding choose_coding(const http::HeaderMap& request, const CodingOffer& offer) {
  if (request.find(http::FieldId::accept_encoding) == nullptr) return offer.fallback;
  Weights weights;
  for (const http::Field& field : request.fields()) {
    if (field.id != http::FieldId::accept_encoding) continue;
    any_element(field.value, [&](std::string_view element) {
      weights.read(element);
      return false;
    });
  }
  Coding best = Coding::identity;
  int highest = 0;
  for (Coding coding : offer.codings) {
    int weight = weights.weight(coding);
    bool is_fallback_of_star = weight == highest && weight != 0 && coding == offer.fallback &&
                               weights.of[static_cast<size_t>(coding)] == kUnsaid &&
                               weights.of[static_cast<size_t>(best)] == kUnsaid;
    if (weight <= highest && !is_fallback_of_star) continue;
    best = coding;
    highest = weight;
  }
  int plain = weights.of[static_cast<size_t>(Coding::identity)];
  return plain > highest ? Coding::identity : best;
}

}  // namespace fairlead::middleware
