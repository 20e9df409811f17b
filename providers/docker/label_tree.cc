#include "providers/docker/label_tree.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "config/reader.h"
#include "providers/docker/label_catalogue.h"

namespace fairlead::providers::docker {

namespace {

using config::Diagnostics;
using config::Node;
using config::Severity;

struct Label {
  std::string key;     // as written
  std::string prefix;  // "traefik." or "fairlead.", as written
  std::string value;
  LabelPath path;
};

// Of the labels of one router, whichever way they spell it.
struct RouterName {
  std::string section;  // "http" or "tcp"
  std::string name;
};

struct Planter {
  const std::string& title;
  LabelTree& tree;
  std::vector<RouterName> unsafe_routers = {};

  void report(Severity severity, const std::string& key, std::string message) {
    tree.diagnostics.push_back({severity, "docker", title, key, std::move(message)});
  }
};

const std::vector<std::string_view> kPrefixes{"traefik", "fairlead"};
const std::vector<std::string_view> kSections{"http", "tcp", "udp", "tls", "enable", "docker"};

// "traefk.http.routers.web.rule": a foreign label whose beginning and section are nearly ours.
std::string meant_prefix(const std::string& key) {
  size_t dot = key.find('.');
  if (dot == key.npos) return {};
  std::string_view near = config::nearest(lower_case(key.substr(0, dot)), kPrefixes);
  if (near.empty()) return {};
  std::string section = lower_case(key.substr(dot + 1, key.find('.', dot + 1) - dot - 1));
  return config::nearest(section, kSections).empty() ? std::string() : std::string(near);
}

bool is_ours(const std::string& key) {
  std::string start = lower_case(key.substr(0, key.find('.')));
  return std::ranges::find(kPrefixes, start) != kPrefixes.end();
}

std::string_view trim(std::string_view text) {
  size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// "" when the value fits, else what was expected.
std::string_view misfit(LabelKind kind, std::string_view value) {
  value = trim(value);
  switch (kind) {
    case LabelKind::boolean:
      return config::parse_bool(value) ? "" : "true or false";
    case LabelKind::object:
      return value.empty() || config::parse_bool(value) ? "" : "true or false";
    case LabelKind::integer:
      return config::parse_integer(value) ? "" : "a whole number";
    case LabelKind::duration:
      return config::parse_duration(value) ? "" : "a duration such as 10s, 1m30s or 250ms";
    default:
      return "";
  }
}

// In "http.<section>" or "tcp.<section>".
bool is_in(const LabelPath& path, std::string_view section) {
  return path.size() > 3 && lower_case(path[1].name) == section &&
         (lower_case(path[0].name) == "http" || lower_case(path[0].name) == "tcp");
}

// Options of a middleware that nothing here resembles are left to the middleware itself.
bool belongs_to_middleware(const LabelPath& path, const LabelVerdict& verdict) {
  return is_in(path, "middlewares") && verdict.wrong_step >= 3 &&
         verdict.wrong_step < path.size() && verdict.suggestion.empty();
}

// The router whose protection a misspelt label was meant to be; nothing for other labels.
std::optional<RouterName> unprotected_router(const LabelVerdict& verdict) {
  std::string why;
  auto path = parse_label_path(verdict.suggestion, why);
  if (!path || path->size() < 4 || (*path)[1].name != "routers") return std::nullopt;
  std::string option = join_label_path(*path, 3);
  bool protects =
      option == "middlewares" || option.starts_with("middlewares[") || option == "tls.options";
  if (!protects) return std::nullopt;
  return RouterName{(*path)[0].name, (*path)[2].name};
}

void report_unknown(Planter& planter, const Label& label, const LabelVerdict& verdict) {
  if (std::optional<RouterName> router = unprotected_router(verdict)) {
    planter.report(Severity::error, label.key,
                   "unknown label; did you mean \"" + label.prefix + verdict.suggestion +
                       "\"? Router " + router->name +
                       " is left out until it is mended: it would answer unprotected");
    planter.unsafe_routers.push_back(std::move(*router));
    return;
  }
  if (!verdict.suggestion.empty()) {
    planter.report(Severity::warning, label.key,
                   "unknown label; did you mean \"" + label.prefix + verdict.suggestion + "\"?");
    return;
  }
  bool is_incomplete = verdict.wrong_step == label.path.size();
  planter.report(Severity::warning, label.key,
                 is_incomplete ? "is not a setting by itself; it needs an option after it"
                               : "unknown label; it is ignored");
}

// Why a value that does not fit is kept for routers and middlewares: they must break on it. One
// that runs without its TLS or its address list would answer what it must not.
bool is_acceptable(Planter& planter, const Label& label) {
  LabelVerdict verdict = LabelCatalogue::standard().look_up(label.path);
  if (!verdict.is_known) {
    if (belongs_to_middleware(label.path, verdict)) return true;
    report_unknown(planter, label, verdict);
    return false;
  }
  std::string_view expected = misfit(verdict.kind, label.value);
  if (expected.empty()) return true;
  planter.report(
      Severity::error, label.key,
      "expects " + std::string(expected) + ", got \"" + label.value.substr(0, 60) + "\"");
  return is_in(label.path, "routers") || is_in(label.path, "middlewares");
}

// Which labels are ours, parsed. Near misses of the prefix are reported.
std::vector<Label> gather(Planter& planter, const std::map<std::string, std::string>& labels) {
  std::vector<Label> ours;
  for (const auto& [key, value] : labels) {
    if (!is_ours(key)) {
      std::string near = meant_prefix(key);
      if (near.empty()) continue;
      planter.report(Severity::warning, key,
                     "unknown label; did you mean \"" + near + key.substr(key.find('.')) + "\"?");
      continue;
    }
    size_t dot = key.find('.');
    if (dot == key.npos) continue;  // "traefik=something" is no label of ours
    Label label{key, key.substr(0, dot + 1), value, {}};
    std::string why;
    auto path = parse_label_path(key.substr(dot + 1), why);
    if (!path) {
      planter.report(Severity::warning, key, why);
      continue;
    }
    label.path = std::move(*path);
    if (is_acceptable(planter, label)) ours.push_back(std::move(label));
  }
  return ours;
}

// Of two labels with the same path, the one with the prefix "fairlead." stays.
void settle_twins(Planter& planter, std::vector<Label>& labels) {
  std::map<std::string, const Label*> by_path;
  std::vector<const Label*> losers;
  for (const Label& label : labels) {
    auto [known, is_new] = by_path.try_emplace(lower_case(join_label_path(label.path)), &label);
    if (is_new) continue;
    bool is_stronger = lower_case(label.prefix) == "fairlead.";
    const Label* winner = is_stronger ? &label : known->second;
    const Label* loser = is_stronger ? known->second : &label;
    if (winner->value != loser->value) {
      planter.report(Severity::warning, loser->key,
                     "is overruled by \"" + winner->key + "\", which says something else");
    }
    known->second = winner;
    losers.push_back(loser);
  }
  std::erase_if(labels, [&](const Label& label) {
    return std::ranges::find(losers, &label) != losers.end();
  });
}

void plant(Planter& planter, const Label& label) {
  Node* at = &planter.tree.document;
  for (const LabelStep& step : label.path) {
    if (at->is_scalar() && config::parse_bool(trim(at->scalar)) == false) {
      planter.report(Severity::warning, label.key, "is switched off by \"" + at->origin + "\"");
      return;
    }
    if (at->is_list()) *at = Node::map();
    at = &at->at(step.name);
    if (!step.index) continue;
    if (!at->is_list()) *at = Node::list();
    if (at->items.size() <= *step.index) at->items.resize(*step.index + 1);
    at = &at->items[*step.index];
  }
  if (at->is_map()) return;  // "tls=true" next to "tls.certresolver=…"
  *at = Node::text(label.value, "label " + label.key);
}

void take_out_unsafe_routers(Planter& planter) {
  for (const RouterName& router : planter.unsafe_routers) {
    planter.tree.has_left_out_routers = true;
    Node* section = planter.tree.document.find(router.section);
    Node* routers = section != nullptr ? section->find("routers") : nullptr;
    if (routers != nullptr) routers->erase(router.name);
  }
}

void drop_gaps(Node& node) {
  std::erase_if(node.items, [](const Node& item) { return item.is_null(); });
  for (Node& item : node.items) drop_gaps(item);
  for (config::Member& member : node.members) drop_gaps(member.value);
}

}  // namespace

LabelTree plant_labels(const std::map<std::string, std::string>& labels, const std::string& title) {
  LabelTree tree;
  Planter planter{title, tree};
  std::vector<Label> ours = gather(planter, labels);
  settle_twins(planter, ours);
  // Short ones first: a switch comes before what it switches.
  std::ranges::sort(ours, {}, [](const Label& l) { return std::pair(l.path.size(), l.key); });
  for (const Label& label : ours) {
    tree.label_of_path[lower_case(join_label_path(label.path))] = label.key;
    plant(planter, label);
  }
  take_out_unsafe_routers(planter);
  drop_gaps(tree.document);
  return tree;
}

}  // namespace fairlead::providers::docker
