#include "base/version.h"

#ifndef FAIRLEAD_VERSION
#define FAIRLEAD_VERSION "unknown"
#endif
#ifndef FAIRLEAD_COMMIT
#define FAIRLEAD_COMMIT ""
#endif
#ifndef FAIRLEAD_BUILT
#define FAIRLEAD_BUILT "unknown"
#endif

namespace fairlead {
namespace {

#if defined(__x86_64__)
constexpr std::string_view kPlatform = "linux/amd64";
#elif defined(__aarch64__)
constexpr std::string_view kPlatform = "linux/arm64";
#else
constexpr std::string_view kPlatform = "linux/other";
#endif

constexpr Version kVersion{FAIRLEAD_VERSION, "bowline", FAIRLEAD_COMMIT, FAIRLEAD_BUILT, kPlatform};

}  // namespace

const Version& version() { return kVersion; }

}  // namespace fairlead
