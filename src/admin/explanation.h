// Why a request goes where it goes: what /api/v1/explain and `fairlead explain` show. Values; who
// works it out is given to the API as a function, so that this folder knows nothing of routing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admin/state.h"

namespace fairlead::admin {

struct ExplainRequest {
  std::string method = "GET";
  std::string url;          // absolute: "https://app.example/path?query"
  std::string entry_point;  // "": the one whose port is the URL's, else every one
  std::string client_ip = "127.0.0.1";
  std::vector<std::pair<std::string, std::string>> headers;
};

struct Explanation {
  // One matcher of a rule and its verdict on its own, whatever stands around it.
  struct Verdict {
    std::string matcher;
    bool is_match = false;
  };
  struct Candidate {
    std::string router, rule;
    int64_t priority = 0;
    bool is_match = false;
    std::vector<Verdict> verdicts;
    std::string why;
  };
  struct Link {
    std::string name, type, origin;  // origin: "entry point web" or "router app@file"
  };
  struct Server {
    std::string url, status;  // UP, DOWN, unknown
    int64_t weight = 1;
  };

  std::vector<std::pair<std::string, std::string>> request;  // as routed: host, path, query, …
  std::string entry_point;
  std::string outcome;                // "matched", "no router", "refused"
  std::string why;                    // of the outcome, for people
  std::vector<Candidate> candidates;  // in the order in which they are tried
  size_t routers = 0;                 // on the entry point, of which the candidates are part
  std::optional<std::string> winner;  // qualified name
  std::string winner_why;
  std::vector<Link> middlewares;  // in the order in which they run
  std::string service, service_type;
  std::vector<Server> servers;
};

// Runs on a thread of the pool; an error is for people.
using Explain = std::function<Explanation(const View&, const State&, const ExplainRequest&)>;

}  // namespace fairlead::admin
