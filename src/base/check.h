// FAIRLEAD_CHECK aborts in every build: for the few claims whose violation would corrupt memory.
// FAIRLEAD_ASSERT aborts in debug builds: for what is provable. Never on what a network peer sent.
#pragma once

#include <cstdio>
#include <cstdlib>

#define FAIRLEAD_CHECK(claim)                                                                   \
  do {                                                                                          \
    if (!(claim)) [[unlikely]] {                                                                \
      std::fprintf(stderr, "fairlead: check failed: %s (%s:%d)\n", #claim, __FILE__, __LINE__); \
      std::abort();                                                                             \
    }                                                                                           \
  } while (false)

#ifdef NDEBUG
#define FAIRLEAD_ASSERT(claim) \
  do {                         \
  } while (false)
#else
#define FAIRLEAD_ASSERT(claim) FAIRLEAD_CHECK(claim)
#endif
