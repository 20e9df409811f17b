#include "admin/explain_page.h"

namespace fairlead::admin {
namespace {

bool is_token(const std::string& text) {
  constexpr std::string_view kOther = "!#$%&'*+-.^_`|~";
  if (text.empty()) return false;
  for (char c : text) {
    bool is_alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!is_alnum && kOther.find(c) == kOther.npos) return false;
  }
  return true;
}

Json shown_candidate(const Explanation::Candidate& candidate) {
  Json verdicts = Json::array();
  for (const Explanation::Verdict& verdict : candidate.verdicts)
    verdicts.push_back({{"matcher", verdict.matcher}, {"matched", verdict.is_match}});
  return {{"router", candidate.router},
          {"rule", candidate.rule},
          {"priority", candidate.priority},
          {"priorityStr", std::to_string(candidate.priority)},
          {"matched", candidate.is_match},
          {"matchers", std::move(verdicts)},
          {"why", candidate.why}};
}

Json shown_service(const Explanation& explanation) {
  Json servers = Json::array();
  for (const Explanation::Server& server : explanation.servers) {
    servers.push_back({{"url", server.url}, {"status", server.status}, {"weight", server.weight}});
  }
  return {{"name", explanation.service},
          {"type", explanation.service_type},
          {"servers", std::move(servers)}};
}

}  // namespace

std::expected<ExplainRequest, std::string> explain_request(const Query& query) {
  ExplainRequest request;
  request.url = query.get("url");
  if (request.url.empty())
    return std::unexpected("the parameter url is missing: /api/v1/explain?url=http://host/path");
  if (!query.get("method").empty()) request.method = query.get("method");
  if (!is_token(request.method))
    return std::unexpected("method: \"" + request.method + "\" is no HTTP method");
  request.entry_point = query.get("entryPoint");
  if (!query.get("clientIP").empty()) request.client_ip = query.get("clientIP");
  for (const std::string& line : query.all("header")) {
    size_t colon = line.find(':');
    std::string name = line.substr(0, colon);
    if (colon == line.npos || !is_token(name))
      return std::unexpected("header: \"" + line + "\" is not \"Name: value\"");
    size_t value = line.find_first_not_of(" \t", colon + 1);
    request.headers.emplace_back(name, value == line.npos ? "" : line.substr(value));
  }
  return request;
}

Json shown(const Explanation& explanation) {
  Json out{{"outcome", explanation.outcome}, {"routers", explanation.routers}};
  if (!explanation.why.empty()) out["why"] = explanation.why;
  if (!explanation.entry_point.empty()) out["entryPoint"] = explanation.entry_point;
  for (const auto& [name, value] : explanation.request) out["request"][name] = value;
  out["candidates"] = Json::array();
  for (const auto& candidate : explanation.candidates)
    out["candidates"].push_back(shown_candidate(candidate));
  if (!explanation.winner) return out;
  out["winner"] = {{"router", *explanation.winner}, {"why", explanation.winner_why}};
  out["middlewares"] = Json::array();
  for (const Explanation::Link& link : explanation.middlewares) {
    out["middlewares"].push_back(
        {{"name", link.name}, {"type", link.type}, {"origin", link.origin}});
  }
  out["service"] = shown_service(explanation);
  return out;
}

}  // namespace fairlead::admin
