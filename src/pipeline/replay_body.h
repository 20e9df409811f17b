// A request's body that can be sent again: what has been read of it is kept, up to a bound, and
// each try gets a view that begins at its beginning. The body streams as ever; nothing waits for it
// to be complete. Of several views only the newest counts: an upload of an earlier try that still
// goes on ends at its next read, and what it had asked for goes to the newest. In the exchange's
// arena. One worker.
#pragma once

#include <optional>
#include <vector>

#include "base/list.h"
#include "http/body.h"
#include "io/wait.h"
#include "pipeline/exchange.h"

namespace fairlead::pipeline {

class ReplayBody {
 public:
  // At most `most` bytes are kept.
  ReplayBody(Arena& arena, http::Body& source, uint64_t most)
      : arena_(arena), source_(source), most_(most) {}
  ~ReplayBody();
  ReplayBody(const ReplayBody&) = delete;
  ReplayBody& operator=(const ReplayBody&) = delete;

  // Everything read so far is still here, and the client has not failed.
  bool can_replay() const { return !has_lost_ && !failure_; }
  // The body from its beginning. Only when can_replay().
  http::Body& play();
  // There will be no other try: what is kept may go.
  void release();

 private:
  class View;
  struct Follower : ListHook {
    io::Event done;
  };
  struct Block {
    http::Buffer* buffer;
    size_t used;
  };
  struct Place {
    size_t block = 0;
    size_t offset = 0;
  };

  // What is kept at a place, which moves on; nothing at the end of it.
  std::optional<http::Chunk> kept_at(Place& place);
  bool is_at_end(const Place& place) const;
  // What `reader` got from the source.
  void keep(const Result<http::Chunk>& chunk, const View* reader);
  void forget();
  Place end() const;

  Arena& arena_;
  http::Body& source_;
  uint64_t most_;
  uint64_t bytes_ = 0;  // kept
  std::vector<Block> blocks_;
  View* newest_ = nullptr;
  bool is_reading_ = false;  // a view waits for the source
  bool has_end_ = false;     // of the source
  bool has_lost_ = false;
  std::optional<Error> failure_;
  List<Follower> followers_;
};

}  // namespace fairlead::pipeline
