// YAML into Nodes, straight from yaml-cpp's events: its own document tree keeps neither duplicate
// keys nor a bound on what aliases unfold to.
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "config/node.h"

namespace fairlead::config {
namespace {

struct Counted {
  Node node;
  size_t nodes = 1;  // how many nodes it is, itself included
  int depth = 1;     // how many levels
};

// A collection that is being read.
struct Open {
  Counted value;
  YAML::anchor_t anchor = 0;
  std::string key;
  bool has_key = false;
  bool is_merge_key = false;
  std::string key_origin;
  std::unordered_set<std::string> seen;
  std::vector<Node> merges;
};

class Builder final : public YAML::EventHandler {
 public:
  Builder(std::string_view source, Diagnostics& diagnostics)
      : source_(source), diagnostics_(diagnostics) {}

  Node take() { return std::move(root_.node); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    charge(mark, 1);
    Counted value;
    value.node.origin = origin(mark);
    put(mark, anchor, std::move(value), "", false);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      throw YAML::ParserException(mark, "an alias inside its own anchor");
    charge(mark, found->second.nodes);
    if (static_cast<int>(open_.size()) + found->second.depth > kMaxNodeDepth) refuse_depth(mark);
    put(mark, 0, found->second, found->second.node.scalar, false);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    bool is_plain = tag == "?";
    charge(mark, 1);
    Counted value;
    value.node = is_plain ? Node::text(text, origin(mark)) : Node::string(text, origin(mark));
    put(mark, anchor, std::move(value), text, is_plain && text == "<<");
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(mark, anchor, Node::list());
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(mark, anchor, Node::map());
  }
  void OnSequenceEnd() override { end(); }
  void OnMapEnd() override { end(); }

 private:
  std::string origin(const YAML::Mark& mark) const {
    return source_ + ":" + std::to_string(mark.line + 1);
  }
  void charge(const YAML::Mark& mark, size_t nodes) {
    if (budget_ < nodes) {
      throw YAML::ParserException(mark, "more than a million nodes (aliases count each time)");
    }
    budget_ -= nodes;
  }
  [[noreturn]] static void refuse_depth(const YAML::Mark& mark) {
    throw YAML::ParserException(mark, "nested deeper than 100 levels");
  }

  void begin(const YAML::Mark& mark, YAML::anchor_t anchor, Node empty) {
    if (open_.size() >= kMaxNodeDepth) refuse_depth(mark);
    bool wants_key = !open_.empty() && open_.back().value.node.is_map() && !open_.back().has_key;
    if (wants_key) throw YAML::ParserException(mark, "a key must be a plain word");
    charge(mark, 1);
    empty.origin = origin(mark);
    Open& frame = open_.emplace_back();
    frame.value.node = std::move(empty);
    frame.anchor = anchor;
    mark_ = mark;
  }

  void end() {
    Open frame = std::move(open_.back());
    open_.pop_back();
    for (Node& merge : frame.merges) merge_into(frame.value.node, std::move(merge));
    put(mark_, frame.anchor, std::move(frame.value), "", false);
  }

  // A finished node: the next key of the open map, its value, an element, or the document.
  void put(const YAML::Mark& mark, YAML::anchor_t anchor, Counted value, const std::string& as_key,
           bool is_merge_key) {
    mark_ = mark;
    if (anchor != 0) {
      charge(mark, value.nodes);  // the copy kept for aliases
      anchors_[anchor] = value;
    }
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& frame = open_.back();
    if (frame.value.node.is_map() && !frame.has_key) {
      if (!value.node.is_scalar()) throw YAML::ParserException(mark, "a key must be a plain word");
      start_member(frame, mark, as_key, is_merge_key);
      return;
    }
    frame.value.nodes += value.nodes;
    frame.value.depth = std::max(frame.value.depth, value.depth + 1);
    if (frame.value.node.is_list()) {
      frame.value.node.items.push_back(std::move(value.node));
    } else {
      finish_member(frame, mark, std::move(value.node));
    }
  }

  void start_member(Open& frame, const YAML::Mark& mark, const std::string& key,
                    bool is_merge_key) {
    frame.key = key;
    frame.has_key = true;
    frame.is_merge_key = is_merge_key;
    frame.key_origin = origin(mark);
    if (!is_merge_key && !frame.seen.insert(key).second) {
      diagnostics_.push_back({Severity::error, source_, "", key,
                              "the key is written twice in one map (again on line " +
                                  std::to_string(mark.line + 1) + "); keep one"});
    }
  }

  void finish_member(Open& frame, const YAML::Mark& mark, Node value) {
    frame.has_key = false;
    if (frame.is_merge_key) {
      add_merge(frame, mark, std::move(value));
      return;
    }
    value.origin = frame.key_origin;
    // A repeated key was reported; the last one counts.
    if (frame.seen.size() == frame.value.node.members.size()) {
      frame.value.node.at(frame.key) = std::move(value);
    } else {
      frame.value.node.members.push_back({std::move(frame.key), std::move(value)});
    }
  }

  static void add_merge(Open& frame, const YAML::Mark& mark, Node value) {
    if (value.is_map()) {
      frame.merges.push_back(std::move(value));
      return;
    }
    for (Node& item : value.items) {
      if (!item.is_map()) throw YAML::ParserException(mark, "<< takes a map or a list of maps");
      frame.merges.push_back(std::move(item));
    }
    if (!value.is_list()) throw YAML::ParserException(mark, "<< takes a map or a list of maps");
  }

  // What the map says itself wins over what it merges in.
  static void merge_into(Node& map, Node merged) {
    std::unordered_set<std::string> own;
    for (const Member& member : map.members) own.insert(member.key);
    for (Member& member : merged.members) {
      if (!own.contains(member.key)) map.members.push_back(std::move(member));
    }
  }

  std::string source_;
  Diagnostics& diagnostics_;
  Counted root_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, Counted> anchors_;
  size_t budget_ = kMaxNodes;
  YAML::Mark mark_;
};

void report(const YAML::Exception& fault, std::string_view source, Diagnostics& diagnostics) {
  std::string where;
  if (!fault.mark.is_null()) {
    where = "line " + std::to_string(fault.mark.line + 1) + ", column " +
            std::to_string(fault.mark.column + 1) + ": ";
  }
  diagnostics.push_back({Severity::error, std::string(source), "", "", where + fault.msg});
}

}  // namespace

Node parse_yaml(std::string_view text, std::string_view source, Diagnostics& diagnostics) {
  Builder builder(source, diagnostics);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return {};
    Node first = builder.take();
    Diagnostics ignored;
    Builder rest(source, ignored);
    if (parser.HandleNextDocument(rest) && !rest.take().is_null()) {
      diagnostics.push_back({Severity::error, std::string(source), "", "",
                             "more than one document; put all in one, without \"---\" between"});
    }
    return first;
  } catch (const YAML::Exception& fault) {
    report(fault, source, diagnostics);
  } catch (const std::exception& fault) {
    diagnostics.push_back({Severity::error, std::string(source), "", "", fault.what()});
  }
  return {};
}

}  // namespace fairlead::config
