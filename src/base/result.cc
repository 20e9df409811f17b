#include "base/result.h"

#include <array>

namespace fairlead {
namespace {

struct CodeRow {
  std::string_view name;
  std::string_view words;
};

constexpr CodeRow kCodes[] = {
#define FAIRLEAD_CODE(name, words) {#name, words},
#include "base/error_codes.inc"
#undef FAIRLEAD_CODE
};

constexpr std::string_view kSides[] = {"self", "client", "upstream"};
constexpr std::string_view kStages[] = {"none",    "accept", "handshake",     "head", "route",
                                        "connect", "send",   "response_head", "body", "tunnel"};

}  // namespace

std::string_view words(Code code) { return kCodes[static_cast<size_t>(code)].words; }
std::string_view name(Code code) { return kCodes[static_cast<size_t>(code)].name; }
std::string_view name(Side side) { return kSides[static_cast<size_t>(side)]; }
std::string_view name(Stage stage) { return kStages[static_cast<size_t>(stage)]; }

}  // namespace fairlead
