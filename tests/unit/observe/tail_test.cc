#include "observe/tail.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace fairlead::observe {
namespace {

struct Ended {
  Record record;
  LogEntry entry{record};
  Ended(std::string_view router, uint16_t status) {
    record.router = router;
    record.service = "app@file";
    record.status = status;
    record.total = std::chrono::microseconds(1500);
    entry.method = "GET";
    entry.target = "/a/b?c=\"d\"";
    entry.authority = "App.Example:8000";
  }
};

TEST_CASE("tail_tells_a_subscriber_what_passes_its_filter") {
  Tail tail;
  CHECK(!tail.has_subscribers());
  TailFilter filter;
  filter.host = "app.example";
  filter.path = "/a";
  filter.status_class = 4;
  auto subscription = tail.subscribe(filter);
  CHECK(tail.has_subscribers());
  Ended good("web@file", 200), missing("web@file", 404);
  tail.add(good.entry);
  tail.add(missing.entry);
  uint64_t lost = 0;
  auto lines = subscription->take(lost);
  REQUIRE(lines.size() == 1);
  auto line = nlohmann::json::parse(lines[0]);
  CHECK(line["status"] == 404);
  CHECK(line["path"] == "/a/b?c=\"d\"");
  CHECK(line["router"] == "web@file");
  CHECK(line["durationMs"] == 1.5);
  CHECK(subscription->take(lost).empty());
  subscription.reset();
  CHECK(!tail.has_subscribers());
}

TEST_CASE("tail_bounds_what_a_slow_subscriber_holds_and_counts_the_rest") {
  Tail tail;
  auto subscription = tail.subscribe({});
  Ended one("web@file", 200);
  for (size_t i = 0; i < Tail::kMostWaiting + 7; ++i) tail.add(one.entry);
  uint64_t lost = 0;
  CHECK(subscription->take(lost).size() == Tail::kMostWaiting);
  CHECK(lost == 7);
}

TEST_CASE("tail_refuses_more_subscribers_than_it_can_serve") {
  Tail tail;
  std::vector<std::unique_ptr<Tail::Subscription>> all;
  for (size_t i = 0; i < Tail::kMostSubscribers; ++i) all.push_back(tail.subscribe({}));
  CHECK(tail.subscribe({}) == nullptr);
  all.pop_back();
  CHECK(tail.subscribe({}) != nullptr);
}

}  // namespace
}  // namespace fairlead::observe
