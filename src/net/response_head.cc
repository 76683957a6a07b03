#include "net/response_head.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace saiph::net {
namespace {

constexpr std::array<std::string_view, 7> kOwnFields = {
    "connection", "content-length", "transfer-encoding", "keep-alive", "upgrade",
    "date",       "trailer"};

bool is_own(std::string_view name) {
  return std::any_of(kOwnFields.begin(), kOwnFields.end(),
                     [&](std::string_view own) { return equal_ignoring_case(own, name); });
}

/// `value` with at least `digits` digits.
void append_number(std::string& out, std::int64_t value, std::size_t digits) {
  const std::string text = std::to_string(value);
  out.append(digits - std::min(digits, text.size()), '0').append(text);
}

}  // namespace

bool append_response_head(std::string& out, int status, const Headers& headers, AnswerBody body,
                          std::uint64_t length, bool close, std::string_view date) {
  if (status < 200 || status > 599) return false;
  for (const auto& field : headers.fields()) {
    if (!is_token(field.name) || !is_field_value(field.value)) return false;
  }
  out.append("HTTP/1.1 ").append(std::to_string(status)).append(" ");
  out.append(reason_phrase(status)).append("\r\nDate: ").append(date).append("\r\n");
  for (const auto& field : headers.fields()) {
    if (is_own(field.name)) continue;
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  if (body == AnswerBody::kLength) {
    out.append("Content-Length: ").append(std::to_string(length)).append("\r\n");
  } else if (body == AnswerBody::kChunked) {
    out.append("Transfer-Encoding: chunked\r\n");
  }
  if (close) out.append("Connection: close\r\n");
  out.append("\r\n");
  return true;
}

std::string http_date(std::int64_t seconds) {
  static constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                            "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(time - days);
  std::string out(kDays[std::chrono::weekday(days).c_encoding()]);
  out += ", ";
  append_number(out, static_cast<unsigned>(date.day()), 2);
  out.append(" ").append(kMonths[static_cast<unsigned>(date.month()) - 1]).append(" ");
  append_number(out, static_cast<int>(date.year()), 4);
  out += ' ';
  append_number(out, clock.hours().count(), 2);
  out += ':';
  append_number(out, clock.minutes().count(), 2);
  out += ':';
  append_number(out, clock.seconds().count(), 2);
  return out += " GMT";
}

}  // namespace saiph::net
