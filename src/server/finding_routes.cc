#include <algorithm>
#include <array>

#include "base/time_text.h"
#include "server/context.h"
#include "server/routes.h"
#include "server/text_rules.h"
#include "server/views.h"

namespace saiph::server::routes {

namespace {

constexpr std::array<std::string_view, 5> kSeverities{"info", "low", "medium", "high", "critical"};
constexpr std::size_t kOverviewDays = 30;

std::optional<Severity> severity_of(std::optional<std::size_t> word) {
  return word ? std::optional(static_cast<Severity>(*word)) : std::nullopt;
}

const Rule* find_rule(const Services& services, std::string_view id) {
  const auto it =
      std::lower_bound(services.rules.begin(), services.rules.end(), id,
                       [](const Rule* rule, std::string_view wanted) { return rule->id < wanted; });
  return it != services.rules.end() && (*it)->id == id ? *it : nullptr;
}

constexpr TextRule kKeyRule{1, 64, &is_index_key, "must be an asset's id"};

}  // namespace

Answer get_overview(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  const Services& services = context.services;
  const auto overview = services.index.overview(context.now, kOverviewDays);
  if (!overview) return answer(context, overview.error());
  const auto scans = services.state.scans().counts(context.now - kDayMs);
  if (!scans) return answer(context, scans.error());
  const auto expiring =
      services.state.suppressions().count_expiring(context.now, context.now + 14 * kDayMs);
  if (!expiring) return answer(context, expiring.error());
  return json_answer(200, [&](codec::JsonWriter& json) {
    json.begin_object();
    json.object("assets");
    json.member("total", overview->assets);
    json.member("clean", overview->assets_clean);
    json.member("findings", overview->assets_with_findings);
    json.member("incomplete", overview->assets_incomplete);
    json.end_object();
    write_counts(json, "open_findings", overview->open);
    json.member("suppressed_findings", overview->suppressed);
    json.object("scans");
    json.member("queued", scans->queued);
    json.member("running", scans->running);
    json.member("failed_last_day", scans->failed_since);
    json.end_object();
    json.member("suppressions_expiring", *expiring);
    json.member("ledger_size", services.ledger.head()->size);
    json.array("newest");
    for (const control::IndexedFinding& finding : overview->newest) write(json, finding);
    json.end_array();
    json.array("days");
    for (const control::DayFigures& day : overview->days) {
      json.begin_object();
      json.member("day", rfc3339_text(day.day).substr(0, 10));
      json.member("scans", day.scans);
      write_counts(json, "findings", day.findings);
      json.end_object();
    }
    json.end_array();
    json.end_object();
  });
}

Answer list_assets(Context& context) {
  QueryReader query(context.head());
  const control::PageRequest page = read_page(query);
  constexpr std::array<std::string_view, 3> kVerdicts{"clean", "findings", "incomplete"};
  control::AssetFilter filter;
  if (const auto verdict = query.word("verdict", kVerdicts)) {
    filter.verdict = parse_verdict(kVerdicts[*verdict]);
  }
  filter.kind = query.text("kind", {1, 64});
  if (const auto digest = query.text("digest", kDigestRule)) filter.digest = Digest::parse(*digest);
  filter.name = query.text("name", {1, 256});
  if (!query.finish()) return answer(context, std::move(query).problem());
  const auto assets = context.services.index.assets(filter, page);
  if (!assets) return answer_list(context, assets.error());
  return page_answer(
      *assets, [](codec::JsonWriter& json, const control::Asset& asset) { write(json, asset); });
}

Answer get_asset(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  const Problem none{ProblemKind::kNotFound, "No asset has this identifier."};
  if (!is_index_key(context.parameter)) return answer(context, none);
  const auto asset = context.services.index.asset(context.parameter);
  if (!asset) {
    return asset.error().code() == ErrorCode::kNotFound ? answer(context, none)
                                                        : answer(context, asset.error());
  }
  return json_answer(200, [&](codec::JsonWriter& json) { write(json, *asset); });
}

Answer list_findings(Context& context) {
  QueryReader query(context.head());
  const control::PageRequest page = read_page(query);
  constexpr std::array<std::string_view, 3> kStates{"open", "suppressed", "gone"};
  control::FindingFilter filter;
  if (const auto state = query.word("state", kStates)) {
    filter.state = control::parse_finding_state(kStates[*state]);
  }
  filter.severity = severity_of(query.word("severity", kSeverities));
  filter.rule = query.text("rule", kRuleIdRule);
  filter.asset = query.text("asset", kKeyRule);
  if (!query.finish()) return answer(context, std::move(query).problem());
  const auto findings = context.services.index.findings(filter, page);
  if (!findings) return answer_list(context, findings.error());
  return page_answer(*findings,
                     [](codec::JsonWriter& json, const control::IndexedFinding& finding) {
                       write(json, finding);
                     });
}

Answer get_finding(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  const Problem none{ProblemKind::kNotFound, "No finding has this identifier."};
  if (!is_index_key(context.parameter)) return answer(context, none);
  const auto finding = context.services.index.finding(context.parameter);
  if (!finding) {
    return finding.error().code() == ErrorCode::kNotFound ? answer(context, none)
                                                          : answer(context, finding.error());
  }
  const auto asset = context.services.index.asset(finding->asset);
  if (!asset && asset.error().code() != ErrorCode::kNotFound) {
    return answer(context, asset.error());
  }
  const Rule* rule = find_rule(context.services, finding->rule);
  return json_answer(200, [&](codec::JsonWriter& json) {
    json.begin_object();
    json.key("finding");
    write(json, *finding);
    json.key("rule");
    rule == nullptr ? json.null() : write(json, *rule);
    json.key("asset");
    if (asset) {
      write(json, *asset);
    } else {
      json.null();
    }
    json.end_object();
  });
}

Answer list_events(Context& context) {
  QueryReader query(context.head());
  const control::PageRequest page = read_page(query);
  constexpr TextRule kType{
      1, 32,
      [](std::string_view text) { return ledger::parse_predicate_type_name(text).has_value(); },
      "must be the name of a predicate type, like scan-report"};
  control::EventFilter filter;
  if (const auto type = query.text("type", kType)) {
    if (const auto known = ledger::parse_predicate_type_name(*type)) {
      filter.predicate_type = ledger::predicate_type_uri(*known);
    }
  }
  if (!query.finish()) return answer(context, std::move(query).problem());
  const auto events = context.services.index.events(filter, page);
  if (!events) return answer_list(context, events.error());
  return page_answer(*events, [](codec::JsonWriter& json, const control::IndexedEvent& event) {
    write(json, event);
  });
}

/// The cursor is the last rule's id: ids are words of URLs.
Answer list_rules(Context& context) {
  QueryReader query(context.head());
  const control::PageRequest request = read_page(query);
  const auto least = severity_of(query.word("severity", kSeverities));
  if (!query.finish()) return answer(context, std::move(query).problem());
  control::Page<const Rule*> page;
  for (const Rule* rule : context.services.rules) {
    if (rule->id <= request.cursor || (least && rule->severity < *least)) continue;
    if (page.items.size() == request.limit) {
      page.next = page.items.back()->id;
      break;
    }
    page.items.push_back(rule);
  }
  return page_answer(page, [](codec::JsonWriter& json, const Rule* rule) { write(json, *rule); });
}

Answer get_rule(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  const Rule* rule = find_rule(context.services, context.parameter);
  if (rule == nullptr) {
    return answer(context, Problem{ProblemKind::kNotFound, "No rule of this version has this id."});
  }
  return json_answer(200, [&](codec::JsonWriter& json) { write(json, *rule); });
}

}  // namespace saiph::server::routes
