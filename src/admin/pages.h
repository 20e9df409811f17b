// The API's documents that are not lists of objects. Pure functions of a view.
#pragma once

#include "admin/elements.h"
#include "admin/services.h"

namespace fairlead::admin {

Json version_page(const ApiSettings& settings);
Json overview_page(const State& state, const View& view, WallTime now);
Json raw_data_page(const State& state, const View& view);
Json diagnostics_page(const View& view);
Json changes_page(const View& view);
Json providers_page(const View& view);

// Arrays for listing.h.
Json entry_point_elements(const View& view);
Json certificate_elements(const View& view, WallTime now);

}  // namespace fairlead::admin
