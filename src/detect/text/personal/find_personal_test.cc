#include "detect/text/personal/find_personal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "detect/text/spans/span_list.h"

namespace saiph::detect {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

struct Found {
  std::string type;
  std::string text;
  bool operator==(const Found&) const = default;
};
void PrintTo(const Found& found, std::ostream* out) {
  *out << found.type << " \"" << found.text << '"';
}

std::vector<Found> find(std::string_view text, const PersonalOptions& options = {}) {
  SpanList list;
  find_personal(text, options, list);
  std::vector<Found> out;
  for (const FoundSpan& span : without_overlaps(std::move(list.spans), text.size())) {
    out.push_back({std::string(span.type->id),
                   std::string(text.substr(span.where.offset, span.where.length))});
  }
  return out;
}

struct Row {
  std::string_view type;
  std::string_view text;
  std::string_view span;
};

TEST(FindPersonal, StrongFormatsAreFound) {
  const Row rows[] = {
      {"pii.card", "Pay with 4111 1111 1111 1111 please.", "4111 1111 1111 1111"},
      {"pii.card", "amex 378282246310005", "378282246310005"},
      {"pii.iban", "IBAN DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"},
      {"pii.iban", "to GB82WEST12345698765432 today", "GB82WEST12345698765432"},
      {"pii.email", "write to jane.doe+x@mail.example.org.", "jane.doe+x@mail.example.org"},
      {"pii.phone", "call +44 20 7946 0958 now", "+44 20 7946 0958"},
      {"pii.phone", "call (212) 555-0187 now", "(212) 555-0187"},
      {"pii.ip-address", "from 192.168.17.23 came", "192.168.17.23"},
      {"pii.ip-address", "from 2001:db8::8a2e:370:7334 came", "2001:db8::8a2e:370:7334"},
      {"pii.mac-address", "card 00:1B:44:11:3A:B7 up", "00:1B:44:11:3A:B7"},
      {"pii.bitcoin", "to 1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
       "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"},
      {"pii.ethereum", "to 0x52908400098527886E0F7030069857D2E4169EE7",
       "0x52908400098527886E0F7030069857D2E4169EE7"},
  };
  for (const Row& row : rows) {
    EXPECT_THAT(find(row.text), Contains(Found{std::string(row.type), std::string(row.span)}))
        << row.text;
  }
}

TEST(FindPersonal, WhatOnlyLooksSoIsNot) {
  const Row rows[] = {
      {"pii.card", "Pay with 4111 1111 1111 1112 please.", ""},  // check digit
      {"pii.card", "order 4111111111111", ""},                   // length
      {"pii.iban", "IBAN DE89 3704 0044 0532 0130 01", ""},      // check digits
      {"pii.iban", "GB82WEST1234569876543", ""},                 // length
      {"pii.email", "an @mention and a b@ c", ""},
      {"pii.ip-address", "version 1.2.3 and 300.1.2.3", ""},
      {"pii.mac-address", "at 12:30:45 and 00:1B:44:11:3A", ""},
      {"pii.bitcoin", "to 1BoatSLRHtKNngkdXEeobR76b53LETtpyU", ""},  // check sum
      {"pii.phone", "in 2024, 1,234,567 people", ""},
      {"pii.phone", "pi is 3.14159265358979", ""},
  };
  for (const Row& row : rows) {
    for (const Found& found : find(row.text)) EXPECT_NE(found.type, row.type) << row.text;
  }
}

TEST(FindPersonal, NationalNumbersNeedTheirCheckOrTheirWord) {
  EXPECT_THAT(find("My SSN is 536-90-4399."), Not(IsEmpty()));
  EXPECT_THAT(find("Part 000-12-3456 is out of stock."), IsEmpty());
  EXPECT_THAT(find("NHS number 943 476 5919"), Not(IsEmpty()));
  EXPECT_THAT(find("the code 943 476 5918 is wrong"), IsEmpty());
}

TEST(FindPersonal, OrdinaryTextsHoldNone) {
  for (const std::string_view text :
       {"The committee met on Tuesday to look at the plans for the new library.",
        "Version 4.20.1 fixes 3 bugs; see page 12 of chapter 7.", "x = 10; y = 0xFF; z = 3.5e-7",
        "The sum is 1,234,567.89 and the ratio 0.75.", "550e8400-e29b-41d4-a716-446655440000",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}) {
    EXPECT_THAT(find(text), IsEmpty()) << text;
  }
}

TEST(FindPersonal, PlacesAreBytesWhateverStandsBefore) {
  const std::string before = "Grüße, 你好 \xFF\xFE ";
  EXPECT_THAT(find(before + "jane@example.org"), Contains(Found{"pii.email", "jane@example.org"}));
}

TEST(Personal, AWordAboutPhonesHasOneNumberUnlessAListFollows) {
  const auto phones = [](std::string_view text) {
    SpanList list;
    find_personal(text, {}, list);
    return std::count_if(list.spans.begin(), list.spans.end(),
                         [](const FoundSpan& span) { return span.type->id == "pii.phone"; });
  };
  EXPECT_EQ(phones("phone +31 6 63799029. Invoice 2024-000123 of 12 March"), 1);
  EXPECT_EQ(phones("Call +49 89 1368571. Part no. 12-3456-78 is missing."), 1);
  EXPECT_EQ(phones("phone 63799029, 63799030"), 2);
}

}  // namespace
}  // namespace saiph::detect
