// /api/v1/explain as text: the question out of a query, the explanation as JSON.
#pragma once

#include <expected>
#include <string>

#include "admin/explanation.h"
#include "admin/json.h"
#include "admin/query.h"

namespace fairlead::admin {

// url (needed), method, entryPoint, clientIP, header ("Name: value", repeated). The error is for
// people.
std::expected<ExplainRequest, std::string> explain_request(const Query& query);
Json shown(const Explanation& explanation);

}  // namespace fairlead::admin
