// Words that say what a number beside them is, in the languages of the schemes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace saiph::detect {

enum class Topic : std::uint8_t {
  kNone,
  // Schemes and things with a number.
  kCard,
  kIban,
  kBic,
  kAccount,
  kRouting,
  kSortCode,
  kPhone,
  kIp,
  kWallet,
  kCoordinates,
  kBirth,
  kPlate,
  kVehicle,
  kImei,
  kPassport,
  kIdCard,
  kLicence,
  kRecord,
  kInsurance,
  kTax,       // any tax number
  kNational,  // any personal number
  kSsn,
  kItin,
  kEin,
  kMedicare,
  kNpi,
  kDea,
  kNino,
  kNhs,
  kUtr,
  kAustria,
  kBelgium,
  kBulgaria,
  kCroatia,
  kCzechia,
  kDenmark,
  kBaltic,
  kFinland,
  kFranceSocial,
  kFranceTax,
  kGermanTax,
  kGermanPension,
  kGreekTax,
  kGreekSocial,
  kHungary,
  kHungaryTax,
  kHungarySocial,
  kIreland,
  kItalyPerson,
  kItalyVat,
  kLuxembourg,
  kNetherlands,
  kPesel,
  kNip,
  kRegon,
  kPortugal,
  kRomania,
  kSlovenia,
  kSloveniaTax,
  kSpain,
  kSpainCompany,
  kSpainSocial,
  kSweden,
  kNorway,
  kIceland,
  kSwiss,
  kCanada,
  kBrazil,
  kBrazilCompany,
  kAadhaar,
  kPan,
  kAustralia,
  kVat,
  kCyprus,
  kMalta,
  // Words about people and places.
  kTitle,         // Mr, Frau
  kIntroduction,  // name, "I am"
  kGreeting,      // Dear
  kStreetAfter,   // Street, Road: the name stands before
  kStreetBefore,  // rue, via: the name stands after
  kUnit,          // Apt, Suite
  kPostBox,
  kPostcode,
  kMonth,
  kWeekday,
  kVersion,
  kParticle,  // van, de: inside names
  kCount,
};

/// A word bears on so many topics at most.
inline constexpr std::size_t kTopicsOfWord = 3;

struct WordTopics {
  std::array<Topic, kTopicsOfWord> topics{};  ///< the first ones; kNone after them
  std::uint8_t month = 0;                     ///< 1 to 12 for the name of a month
  bool any() const { return topics[0] != Topic::kNone || month != 0; }
  bool has(Topic topic) const {
    for (const Topic each : topics) {
      if (each == topic) return true;
    }
    return false;
  }
};

/// The table of words. Immutable; any thread. Cheap to make: one per search.
class TopicTable {
 public:
  TopicTable();
  /// What a word or two words (WordHash) are about; nothing for most. A few nanoseconds.
  WordTopics find(std::uint64_t hash) const;

 private:
  const std::uint64_t* present_;
};

}  // namespace saiph::detect
