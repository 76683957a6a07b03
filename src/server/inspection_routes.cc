#include <array>

#include "report/inspection_writer.h"
#include "server/context.h"
#include "server/routes.h"

namespace saiph::server::routes {

namespace {

std::array<std::string_view, kChannelCount> channel_names() {
  std::array<std::string_view, kChannelCount> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = name_of(static_cast<Channel>(i));
  return names;
}

std::array<std::string_view, kTextRedactionCount> redaction_names() {
  std::array<std::string_view, kTextRedactionCount> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = name_of(static_cast<TextRedaction>(i));
  return names;
}

}  // namespace

/// The text is nobody's but its sender's: no log, no record and no error repeats it.
Answer inspect_text(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  const TextInspector* inspector = context.services.texts;
  if (inspector == nullptr) {
    return answer(context, Problem{.kind = ProblemKind::kUnavailable,
                                   .detail = "This server inspects no texts.",
                                   .retry_after = 60});
  }
  BodyReader body(context.body(), BodyReader::HalfPairs::kKept);
  const auto text = body.any_text("text");
  const auto channel = body.word("channel", channel_names(), Presence::kOptional);
  TextWishes wishes;
  wishes.views = body.boolean("views", Presence::kOptional).value_or(false);
  if (const auto redaction = body.word("redact", redaction_names(), Presence::kOptional)) {
    wishes.redaction = static_cast<TextRedaction>(*redaction);
  }
  if (!body.finish()) return answer(context, std::move(body).problem());
  const report::InspectedText about{
      .id = {},
      .channel = channel ? static_cast<Channel>(*channel) : Channel::kUser,
      .bytes = text->size(),
      .version = inspector->version()};
  const TextReport report = inspector->inspect(*text, about.channel, wishes);
  return json_answer(
      200, [&](codec::JsonWriter& json) { report::write_inspection(json, about, report); });
}

}  // namespace saiph::server::routes
