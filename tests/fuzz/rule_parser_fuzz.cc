// Any bytes as a rule, in both languages: what parses is written back and parsed again to an equal
// tree, compiles (or says why not) and answers a request as its own tree does, through a router
// too.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "routing/router.h"
#include "routing/rule_parser.h"

namespace {

using namespace fairlead;

void require(bool claim) {
  if (!claim) std::abort();
}

void check_answers(const std::shared_ptr<const routing::CompiledRule>& rule) {
  Arena arena;
  http::RequestHead head(arena);
  head.method_text = "GET";
  head.host = "www.example.com";
  head.path = "/api/v1";
  head.query = "a=1&b=%20c+d;e&%zz";
  head.headers.add("X-A", "b");
  auto peer = io::Address::parse("10.0.0.1", 1);
  routing::MatchContext context{head, head.path, *peer, arena};
  bool is_held = routing::holds(*rule, context);
  require(routing::refused_by(*rule, context).empty() == is_held);

  auto route = std::make_shared<pipeline::Route>();
  std::vector<routing::RouterEntry> entries(10, {rule, route, 0});  // enough for a path index
  routing::Router router(std::move(entries));
  require((router.match(context) != nullptr) == is_held);
  routing::hosts_of(*rule);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (auto tree = routing::parse_rule(text)) {
    std::string canonical = routing::to_text(*tree);
    auto again = routing::parse_rule(canonical);
    // Escapes may make the canonical text longer than a rule may be.
    require(again ? routing::to_text(*again) == canonical
                  : canonical.size() > routing::kMaxRuleBytes);
  } else {
    require(tree.error().position <= size && !tree.error().message.empty());
  }
  if (auto rule = routing::compile_rule(text)) check_answers(*rule);
  if (auto rule = routing::compile_rule_v2(text)) check_answers(*rule);
  return 0;
}
