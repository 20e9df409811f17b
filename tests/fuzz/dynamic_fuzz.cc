// Any bytes as a dynamic document: decoding never fails otherwise than by diagnostics, and what was
// decoded survives being encoded and decoded again. Merging and validating leave nothing that they
// would take out a second time.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/merge.h"
#include "config/validate.h"

using namespace fairlead;

namespace {

void check_round_trip(const config::Objects& objects) {
  config::Diagnostics diagnostics;
  config::Objects again =
      config::decode_dynamic(config::encode_dynamic(objects), "again", diagnostics);
  if (!(again == objects)) std::abort();
}

void check_validation(config::Objects objects) {
  config::Fragment fragment{"fuzz", std::move(objects), {}};
  const config::Fragment* fragments[] = {&fragment};
  config::MergeSettings merging;
  merging.entry_points.entry_points = {{"web", false, false, {"m"}, config::RouterTlsSpec{}, {}},
                                       {"other", false, false, {}, std::nullopt, {}}};
  config::DynamicConfig config = config::merge(fragments, merging);
  config::ValidateSettings validating;
  validating.entry_points = {"web", "other"};
  config::validate(config, validating);
  config::MergedObjects once = config.objects;
  config::validate(config, validating);
  if (!(config.objects == once)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  config::Diagnostics diagnostics;
  config::Node document = bytes[0] % 2 == 0 ? config::parse_yaml(text, "", diagnostics)
                                            : config::parse_json(text, "", diagnostics);
  config::Objects objects = config::decode_dynamic(document, "fuzz", diagnostics);
  check_round_trip(objects);
  check_validation(std::move(objects));
  return 0;
}
