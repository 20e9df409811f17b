#include "providers/kubernetes/watch.h"

#include <algorithm>

#include "providers/kubernetes/decode.h"
#include "providers/kubernetes/item_splitter.h"

namespace fairlead::providers::kubernetes {

namespace {

// Objects are small; a longer pause than this between two turns of the loop would be felt.
constexpr int kLinesAtOnce = 512;
constexpr io::Duration kBreath{1};
// One that ends sooner is not asked for again at once.
constexpr io::Duration kOrdinaryWatch{5'000};

ApiFault broken(std::string text) { return {0, "", std::move(text), {}}; }

bool is_gone(const ApiFault& fault) {
  return fault.status == 410 || fault.reason == "Expired" || fault.reason == "Gone";
}

}  // namespace

Watch::Watch(WatchOptions options, ApiClient& client, WatchTarget& target)
    : options_(std::move(options)),
      client_(client),
      target_(target),
      random_(std::random_device{}()) {}

io::Task<void> Watch::run(io::Scope& scope) {
  while (!scope.is_cancelled()) {
    Ending ending;
    io::TimePoint began = io::Loop::current()->now();
    bool needs_list = version_.empty() && !options_.streams_list;
    if (needs_list) ending = co_await list(scope);
    if (ending) ending = co_await follow(scope);
    if (scope.is_cancelled()) co_return;
    is_listing_ = false;
    if (ending) {  // the server ended the watch in good order, as it does every few minutes
      delay_ = io::Duration(0);
      if (io::Loop::current()->now() - began >= kOrdinaryWatch) continue;
      io::Wait breath = io::sleep_for(options_.first_retry, &scope);
      (void)co_await breath;
      continue;
    }
    if (refuses_streaming(ending.error())) {
      options_.streams_list = false;
      continue;
    }
    bool starts_over = is_gone(ending.error()) && !version_.empty();
    if (is_gone(ending.error())) version_.clear();
    if (starts_over) continue;
    target_.lost(ending.error());
    io::Wait pause = io::sleep_for(next_delay(ending.error()), &scope);
    (void)co_await pause;
  }
}

// A streamed list that is refused, or never ends, is asked for in pages instead.
bool Watch::refuses_streaming(const ApiFault& fault) const {
  if (!options_.streams_list || !version_.empty()) return false;
  return fault.status == 400 || fault.status == 422 || fault.reason == "StreamingListTimeout";
}

io::Duration Watch::next_delay(const ApiFault& fault) {
  delay_ = std::clamp(delay_ * 2, options_.first_retry, options_.last_retry);
  // A missing permission or resource does not come back by itself: ask rarely.
  if (fault.status == 403 || fault.status == 404) delay_ = options_.last_retry;
  std::uniform_int_distribution<int64_t> part(delay_.count() / 2, delay_.count());
  io::Duration pause(std::max<int64_t>(1, part(random_)));
  return std::max(pause, fault.retry_after);
}

io::Task<Watch::Ending> Watch::list(io::Scope& scope) {
  listed_.clear();
  std::string next;
  do {
    std::string path = options_.path + "?limit=" + std::to_string(options_.page) +
                       options_.selector + (next.empty() ? "" : "&continue=" + escape_query(next));
    auto more = co_await list_page(std::move(path), scope);
    if (!more) co_return std::unexpected(more.error());
    next = std::move(*more);
  } while (!next.empty());
  finish_list();
  co_return Ending();
}

// The token of the next page, "" after the last.
io::Task<ApiResult<std::string>> Watch::list_page(std::string path, io::Scope& scope) {
  auto stream = co_await client_.open_bytes(path, scope);
  if (!stream) co_return std::unexpected(stream.error());
  io::Timeout patience{options_.list_patience, Code::upstream_idle_timeout, Side::upstream};
  ItemSplitter splitter;
  auto take = [this](std::string_view item) { take_object(parse_json_text(item)); };
  while (true) {
    auto bytes = co_await (*stream)->next_bytes(patience, scope);
    if (!bytes) co_return std::unexpected(broken(bytes.error().text));
    if (!*bytes) break;
    if (!splitter.feed(**bytes, take)) {
      co_return std::unexpected(broken("GET " + path + ": the answer is no list"));
    }
  }
  Json rest = parse_json_text(splitter.rest());
  if (!splitter.is_complete() || rest.is_discarded()) {
    co_return std::unexpected(broken("GET " + path + ": the answer ended early"));
  }
  const Json& meta = member(rest, "metadata");
  version_ = text(meta, "resourceVersion");
  std::string next = text(meta, "continue");
  // Only a whole list says where a watch may begin.
  std::string version = std::move(version_);
  version_.clear();
  if (next.empty()) version_ = std::move(version);
  co_return next;
}

void Watch::take_object(const Json& object) {
  Meta meta = decode_meta(object);
  if (meta.name.empty()) return;
  std::string key = meta.key();
  listed_.insert(key);
  known_.insert(std::move(key));
  target_.take(object);
}

void Watch::finish_list() {
  std::vector<std::string> vanished;
  std::ranges::set_difference(known_, listed_, std::back_inserter(vanished));
  for (const std::string& key : vanished) {
    known_.erase(key);
    target_.remove(key);
  }
  listed_.clear();
  is_synchronised_ = true;
  target_.settle();
  target_.synchronised();
}

std::string Watch::watch_path() {
  std::uniform_int_distribution<int> seconds(options_.least_seconds, options_.most_seconds);
  std::string path = options_.path + "?watch=1&allowWatchBookmarks=true&timeoutSeconds=" +
                     std::to_string(seconds(random_)) + options_.selector;
  is_listing_ = version_.empty();
  if (!is_listing_) return path + "&resourceVersion=" + escape_query(version_);
  listed_.clear();
  return path + "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=";
}

io::Task<Watch::Ending> Watch::follow(io::Scope& scope) {
  std::string path = watch_path();
  auto stream = co_await client_.open_lines(path, scope);
  if (!stream) co_return std::unexpected(stream.error());
  if (!is_listing_) target_.synchronised();
  while (true) {
    io::Timeout patience{is_listing_ ? options_.list_patience : options_.silence,
                         Code::upstream_idle_timeout, Side::upstream};
    auto line = co_await (*stream)->next_line(patience, scope);
    if (!line && is_listing_ && line.error().error.code == patience.code) {
      co_return std::unexpected(ApiFault{0, "StreamingListTimeout", line.error().text, {}});
    }
    if (!line) co_return std::unexpected(broken(line.error().text));
    if (!*line && is_listing_) {
      co_return std::unexpected(ApiFault{0, "StreamingListTimeout", "the list ended early", {}});
    }
    if (!*line) co_return Ending();
    int taken = 0;
    // What is here already belongs to the same burst.
    for (auto next = *line; next; next = (*stream)->try_line()) {
      auto done = take_event(*next);
      if (!done) {
        target_.settle();
        co_return done;
      }
      if (++taken == kLinesAtOnce) break;
    }
    delay_ = io::Duration(0);
    target_.settle();
    if (taken < kLinesAtOnce) continue;
    io::Wait breath = io::sleep_for(kBreath, &scope);
    (void)co_await breath;
  }
}

Watch::Ending Watch::take_event(const std::string& line) {
  Json event = parse_json_text(line);
  // Why not skip it: what it said is lost, and only a new list makes up for that.
  if (event.is_discarded() || !event.is_object()) {
    version_.clear();
    return std::unexpected(broken(options_.path + ": an event of the watch is broken"));
  }
  std::string type = text(event, "type");
  const Json& object = member(event, "object");
  if (type == "ERROR") {
    ApiFault fault = fault_of_status(0, object);
    fault.text = options_.path + ": " + fault.text;
    return std::unexpected(fault);
  }
  if (type == "BOOKMARK") return take_bookmark(object);
  Meta meta = decode_meta(object);
  std::string version = text(member(object, "metadata"), "resourceVersion");
  if (meta.name.empty() || version.empty()) {
    version_.clear();
    return std::unexpected(broken(options_.path + ": an event of the watch names no object"));
  }
  if (type == "DELETED") {
    std::string key = meta.key();
    if (known_.erase(key) != 0) target_.remove(key);
    listed_.erase(key);
  } else if (type == "ADDED" || type == "MODIFIED") {
    std::string key = meta.key();
    if (is_listing_) listed_.insert(key);
    known_.insert(std::move(key));
    target_.take(object);
  }
  // A streamed list has no version to go on from until it is whole.
  if (!is_listing_) version_ = std::move(version);
  return {};
}

Watch::Ending Watch::take_bookmark(const Json& object) {
  const Json& meta = member(object, "metadata");
  std::string version = text(meta, "resourceVersion");
  if (is_listing_) {
    if (text(member(meta, "annotations"), "k8s.io/initial-events-end") != "true") return {};
    is_listing_ = false;
    version_ = std::move(version);
    finish_list();
  } else if (!version.empty()) {
    version_ = std::move(version);
  }
  return {};
}

}  // namespace fairlead::providers::kubernetes
