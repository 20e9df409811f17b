// What differs between two configurations, by name: for /api/v1/changes. Pure.
#pragma once

#include "admin/state.h"

namespace fairlead::admin {

// In the order of sections, then names; `version` and `at` are left to the caller.
Change changes_between(const config::Objects& before, const config::Objects& after);

}  // namespace fairlead::admin
