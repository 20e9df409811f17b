// Runs a chain of middlewares on made-up exchanges and shows what the upstream would have seen and
// what the client gets. Options are written as YAML. Made by a test case, one thread.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "middleware/middleware_type.h"
#include "tls/session.h"

namespace fairlead::testing {

using FieldList = std::vector<std::pair<std::string, std::string>>;

struct TestRequest {
  std::string method = "GET";
  std::string path = "/";
  std::string query = {};  // "" sends none
  std::string host = "example.org";
  FieldList headers = {};
  std::string peer = "192.0.2.7";
  bool is_tls = false;
  std::vector<std::string> body = {};  // chunks; none: the request has no body
  std::string router = {};             // "" runs without a route
  const tls::Session* tls = nullptr;
};

// What came to the end of the chain.
struct SeenRequest {
  std::string path;
  std::string query;
  std::string authority;
  std::string host;
  FieldList headers;
  std::string body;
  std::string method;
  bool has_forwarded_for = false;

  std::string header(
      std::string_view name) const;  // all of that name, joined by "|"; "" when absent
  bool has(std::string_view name) const;
};

struct TestAnswer {
  unsigned status = 0;  // 0: the chain returned an error
  Code error = Code::ok;
  FieldList headers;
  std::string body;
  std::string user;  // for the access log
  // Asked of the global heap by the chain, the upstream not counted. Exact for requests that run
  // alone.
  uint64_t allocations = 0;

  std::string header(std::string_view name) const;
  bool has(std::string_view name) const;
};

// The answer of the upstream.
struct TestUpstream {
  unsigned status = 200;
  FieldList headers = {};
  std::vector<std::string> chunks = {"hello"};
  std::string trailer;  // value of a trailer X-Trailer, "" sends none
  bool tells_length = false;
  std::optional<Error> error = {};  // instead of an answer
  int delay_ms = 0;                 // before the answer or the error
  bool reads_body = true;           // of the request, whole, before anything else
};

class MiddlewareHarness {
 public:
  MiddlewareHarness(std::string_view type, std::string_view yaml);
  // Another link behind those there are.
  void add(std::string_view type, std::string_view yaml);

  bool is_made() const;
  // Every diagnostic as "severity: field: message", one a line.
  std::string faults() const;

  TestAnswer run(const TestRequest& request) { return std::move(run_together({request}).front()); }
  // All under way at once on one worker.
  std::vector<TestAnswer> run_together(const std::vector<TestRequest>& requests);

  // By default a VirtualLoop of the harness; set it before the first run (a UvLoop has a thread
  // pool).
  io::Loop* loop = nullptr;
  TestUpstream upstream;
  // Answers to the next requests, one each; then it is `upstream` again.
  std::deque<TestUpstream> script;
  // What services that middlewares use beside the route's own answer; without an entry there is
  // none.
  std::map<std::string, TestUpstream> services;
  std::string last_service;  // of those, the one asked last
  std::vector<SeenRequest> seen;
  std::vector<SeenRequest> asked;     // what came to those services
  uint64_t upstream_allocations = 0;  // of the request under way
  const SeenRequest& last() const { return seen.back(); }

  MiddlewareHarness(const MiddlewareHarness&) = delete;
  MiddlewareHarness& operator=(const MiddlewareHarness&) = delete;
  ~MiddlewareHarness();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::testing

// A diagnostic that holds these words was reported; shows all of them when not.
#define CHECK_FAULT(harness, words) \
  CHECK_MESSAGE((harness).faults().find(words) != std::string::npos, (harness).faults())
