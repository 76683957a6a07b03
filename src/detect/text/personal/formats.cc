#include "detect/text/personal/formats.h"

#include <array>
#include <vector>

namespace saiph::detect {

namespace {

using P = Personal;
using T = Topic;

// A number that a check of one digit lets pass one time in ten is stated only beside its word; so
// is one whose shape is that of an everyday number.
constexpr auto kFormats = std::to_array<NumberFormat>({
    {P::kUsSsn, "999-99-9999", checks::us_ssn, 0.85F, 0, 0.97F, T::kSsn, T::kNational},
    {P::kUsItin, "999-99-9999", checks::us_itin, 0.8F, 0, 0.97F, T::kItin, T::kTax},
    {P::kUsEin, "99-9999999", checks::us_ein, 0, 0, 0.9F, T::kEin, T::kTax},
    {P::kRoutingNumber, "999999999", checks::us_routing, 0, 0, 0.95F, T::kRouting},
    {P::kUsMedicare, "9AX9-AX9-AA99", checks::us_medicare, 0.9F, 0.7F, 0.97F, T::kMedicare},
    {P::kUsNpi, "9999999999", checks::us_npi, 0, 0, 0.95F, T::kNpi},
    {P::kUsDea, "AA9999999", checks::us_dea, 0, 0.55F, 0.96F, T::kDea},

    {P::kUkNino, "AA999999A", checks::uk_nino, 0, 0.8F, 0.97F, T::kNino, T::kNational},
    {P::kUkNino, "AA-99-99-99-A", checks::uk_nino, 0.9F, 0, 0.97F, T::kNino, T::kNational},
    {P::kUkNino, "AA-999999-A", checks::uk_nino, 0.9F, 0, 0.97F, T::kNino, T::kNational},
    {P::kUkNhs, "999-999-9999", checks::uk_nhs, 0, 0, 0.97F, T::kNhs},
    {P::kUkUtr, "99999-99999", checks::uk_utr, 0, 0, 0.96F, T::kUtr, T::kTax},
    {P::kUkDrivingLicence, "XXXXX-999999-XX9AA", checks::uk_driving_licence, 0.85F, 0.8F, 0.97F,
     T::kLicence},
    {P::kSortCode, "99-99-99", checks::none, 0, 0, 0.95F, T::kSortCode},

    {P::kAtSvnr, "9999-999999", checks::at_svnr, 0.75F, 0, 0.97F, T::kAustria, T::kNational},
    {P::kBeNational, "99-99-99-999-99", checks::be_national, 0.95F, 0.6F, 0.97F, T::kBelgium,
     T::kNational},
    {P::kBeNational, "999999-999-99", checks::be_national, 0.9F, 0, 0.97F, T::kBelgium,
     T::kNational},
    {P::kBgEgn, "9999999999", checks::bg_egn, 0, 0, 0.96F, T::kBulgaria, T::kNational},
    {P::kHrOib, "99999999999", checks::mod11_10, 0, 0, 0.96F, T::kCroatia, T::kNational},
    {P::kCyTic, "99999999A", checks::cy_tic, 0, 0.5F, 0.96F, T::kCyprus, T::kTax},
    {P::kCzBirthNumber, "999999-9999", checks::cz_birth_number, 0.85F, 0, 0.97F, T::kCzechia,
     T::kNational},
    {P::kCzBirthNumber, "999999-999", checks::cz_birth_number_9, 0, 0, 0.9F, T::kCzechia},
    {P::kDkCpr, "999999-9999", checks::dk_cpr, 0.6F, 0, 0.96F, T::kDenmark, T::kNational},
    {P::kEePersonal, "99999999999", checks::ee_personal, 0, 0.6F, 0.96F, T::kBaltic, T::kNational},
    {P::kFiHetu, "999999-999X", checks::fi_hetu, 0.95F, 0, 0.98F, T::kFinland, T::kNational},
    {P::kFiHetu, "999999A999X", checks::fi_hetu, 0, 0.92F, 0.98F, T::kFinland, T::kNational},
    {P::kFrNir, "9-99-99-9X-999-999-99", checks::fr_nir, 0.96F, 0.92F, 0.98F, T::kFranceSocial,
     T::kNational},
    {P::kFrTax, "99-99-999-999-999", checks::fr_spi, 0.9F, 0, 0.97F, T::kFranceTax, T::kTax},
    {P::kDeTaxId, "99-999-999-999", checks::de_tax_id, 0.75F, 0, 0.97F, T::kGermanTax, T::kTax},
    {P::kDePension, "99-999999-A-999", checks::de_pension, 0.95F, 0.85F, 0.98F, T::kGermanPension,
     T::kNational},
    {P::kIdCard, "AXXXXXXXX9", checks::de_id_card, 0, 0, 0.95F, T::kIdCard},
    {P::kIdCard, "AXXXXXXXX", checks::de_id_card, 0, 0, 0.9F, T::kIdCard},
    {P::kGrAfm, "999999999", checks::gr_afm, 0, 0, 0.95F, T::kGreekTax},
    {P::kGrAmka, "99999999999", checks::gr_amka, 0, 0, 0.96F, T::kGreekSocial, T::kNational},
    {P::kHuPersonal, "9-999999-9999", checks::hu_personal, 0.9F, 0, 0.97F, T::kHungary,
     T::kNational},
    {P::kHuTax, "9999999999", checks::hu_tax, 0, 0, 0.96F, T::kHungaryTax, T::kTax},
    {P::kHuTaj, "999-999-999", checks::hu_taj, 0, 0, 0.96F, T::kHungarySocial},
    {P::kIePps, "9999999A", checks::ie_pps, 0, 0.75F, 0.97F, T::kIreland, T::kNational},
    {P::kIePps, "9999999AA", checks::ie_pps, 0, 0.8F, 0.97F, T::kIreland, T::kNational},
    {P::kItFiscalCode, "AAAAAAXXAXXAXXXA", checks::it_fiscal_code, 0, 0.96F, 0.98F,
     T::kItalyPerson},
    {P::kItFiscalCode, "AAA-AAA-XXAXX-AXXXA", checks::it_fiscal_code, 0.96F, 0, 0.98F,
     T::kItalyPerson},
    {P::kItVat, "99999999999", checks::luhn, 0, 0, 0.95F, T::kItalyVat},
    {P::kLvPersonal, "999999-99999", checks::lv_personal, 0.8F, 0, 0.97F, T::kBaltic, T::kNational},
    {P::kLuNational, "9999999999999", checks::lu_national, 0, 0.85F, 0.97F, T::kLuxembourg,
     T::kNational},
    {P::kMtId, "9999999A", checks::mt_id, 0, 0, 0.9F, T::kMalta, T::kIdCard},
    {P::kNlBsn, "999999999", checks::nl_bsn, 0, 0, 0.96F, T::kNetherlands},
    {P::kNlBsn, "9999-99-999", checks::nl_bsn, 0, 0, 0.96F, T::kNetherlands},
    {P::kPlPesel, "99999999999", checks::pl_pesel, 0, 0.6F, 0.97F, T::kPesel, T::kNational},
    {P::kPlNip, "999-999-99-99", checks::pl_nip, 0.85F, 0, 0.97F, T::kNip},
    {P::kPlNip, "999-99-99-999", checks::pl_nip, 0.85F, 0, 0.97F, T::kNip},
    {P::kPlRegon, "999999999", checks::pl_regon, 0, 0, 0.96F, T::kRegon},
    {P::kPlIdCard, "AAA-999999", checks::pl_id_card, 0.55F, 0.5F, 0.97F, T::kIdCard},
    {P::kPtNif, "999-999-999", checks::pt_nif, 0, 0, 0.95F, T::kPortugal},
    {P::kPtCitizenCard, "99999999-9-AX9", checks::pt_citizen_card, 0.85F, 0.75F, 0.97F,
     T::kPortugal, T::kIdCard},
    {P::kRoCnp, "9999999999999", checks::ro_cnp, 0, 0.8F, 0.97F, T::kRomania, T::kNational},
    {P::kSiEmso, "9999999999999", checks::si_emso, 0, 0.7F, 0.97F, T::kSlovenia, T::kNational},
    {P::kSiTax, "99999999", checks::si_tax, 0, 0, 0.95F, T::kSloveniaTax},
    {P::kEsDni, "99999999-A", checks::es_dni, 0.9F, 0.85F, 0.97F, T::kSpain, T::kNational},
    {P::kEsNie, "A-9999999-A", checks::es_nie, 0.93F, 0.92F, 0.98F, T::kSpain, T::kNational},
    {P::kEsCif, "A-9999999X", checks::es_cif, 0.6F, 0.55F, 0.97F, T::kSpainCompany},
    {P::kEsSocialSecurity, "99-99999999-99", checks::es_social_security, 0.8F, 0, 0.97F,
     T::kSpainSocial, T::kNational},
    {P::kSePersonal, "999999-9999", checks::se_personal, 0.82F, 0, 0.97F, T::kSweden, T::kNational},
    {P::kSePersonal, "99999999-9999", checks::se_personal, 0.92F, 0.7F, 0.97F, T::kSweden,
     T::kNational},
    {P::kNoBirthNumber, "999999-99999", checks::no_birth_number, 0.88F, 0.85F, 0.98F, T::kNorway,
     T::kNational},
    {P::kIsKennitala, "999999-9999", checks::is_kennitala, 0.8F, 0, 0.98F, T::kIceland,
     T::kNational},
    {P::kChAhv, "999-9999-9999-99", checks::ch_ahv, 0.97F, 0.92F, 0.98F, T::kSwiss, T::kNational},
    {P::kCaSin, "999-999-999", checks::ca_sin, 0, 0, 0.96F, T::kCanada},
    {P::kBrCpf, "999-999-999-99", checks::br_cpf, 0.95F, 0, 0.97F, T::kBrazil},
    {P::kBrCpf, "999999999-99", checks::br_cpf, 0.9F, 0, 0.97F, T::kBrazil},
    {P::kBrCnpj, "99-999-999-9999-99", checks::br_cnpj, 0.97F, 0, 0.97F, T::kBrazilCompany},
    {P::kInAadhaar, "9999-9999-9999", checks::in_aadhaar, 0.75F, 0, 0.97F, T::kAadhaar,
     T::kNational},
    {P::kInPan, "AAAAA9999A", checks::in_pan, 0, 0.75F, 0.97F, T::kPan, T::kTax},
    {P::kAuTfn, "999-999-999", checks::au_tfn, 0, 0, 0.96F, T::kAustralia},

    {P::kVat, "AAA99999999", checks::vat, 0, 0.9F, 0.97F, T::kVat},   // AT
    {P::kVat, "AA-A99999999", checks::vat, 0.9F, 0, 0.97F, T::kVat},  // AT
    {P::kVat, "AA99999999", checks::vat, 0, 0.85F, 0.97F, T::kVat},   // DK FI HU LU MT SI ...
    {P::kVat, "AA-99999999", checks::vat, 0.8F, 0, 0.97F, T::kVat},
    {P::kVat, "AA999999999", checks::vat, 0, 0.85F, 0.97F, T::kVat},  // DE EE EL GB LT PT
    {P::kVat, "AA-999999999", checks::vat, 0.85F, 0, 0.97F, T::kVat},
    {P::kVat, "AA-999-999-999", checks::vat, 0.85F, 0, 0.97F, T::kVat},
    {P::kVat, "AA-999-9999-99", checks::vat, 0.85F, 0, 0.97F, T::kVat},  // GB
    {P::kVat, "AA9999999999", checks::vat, 0, 0.85F, 0.97F, T::kVat},    // BE PL RO SK
    {P::kVat, "AA-9999999999", checks::vat, 0.85F, 0, 0.97F, T::kVat},
    {P::kVat, "AA-9999-999-999", checks::vat, 0.85F, 0, 0.97F, T::kVat},  // BE
    {P::kVat, "AA99999999999", checks::vat, 0, 0.9F, 0.97F, T::kVat},     // FR HR IT LV
    {P::kVat, "AA-99999999999", checks::vat, 0.9F, 0, 0.97F, T::kVat},
    {P::kVat, "AA-99-999999999", checks::vat, 0.9F, 0, 0.97F, T::kVat},  // FR
    {P::kVat, "AA999999999999", checks::vat, 0, 0.9F, 0.97F, T::kVat},   // SE LT GB
    {P::kVat, "AA99999999A", checks::vat, 0, 0.85F, 0.97F, T::kVat},     // CY ES
    {P::kVat, "AAX9999999X", checks::vat, 0, 0.8F, 0.97F, T::kVat},      // ES
    {P::kVat, "AA9999999A", checks::vat, 0, 0.85F, 0.97F, T::kVat},      // IE
    {P::kVat, "AA9999999AA", checks::vat, 0, 0.85F, 0.97F, T::kVat},     // IE
    {P::kVat, "AA999999999A99", checks::vat, 0, 0.92F, 0.97F, T::kVat},  // NL
    {P::kVat, "AA9999999", checks::vat, 0, 0, 0.9F, T::kVat},            // RO

    {P::kVehicleId, "XXXXXXXXXXXXXXXXX", checks::vehicle_id, 0, 0.6F, 0.97F, T::kVehicle},
    {P::kImei, "99-999999-999999-9", checks::imei, 0.7F, 0, 0.97F, T::kImei},
    {P::kBic, "AAAAAAXX", checks::none, 0, 0, 0.9F, T::kBic},
    {P::kBic, "AAAAAAXXXXX", checks::none, 0, 0, 0.9F, T::kBic},
});

constexpr auto kWeak = std::to_array<WeakFormat>({
    {P::kPassport, T::kPassport, 6, 12, 5, 0, 0.85F},
    {P::kDriverLicence, T::kLicence, 6, 16, 4, 0, 0.85F},
    {P::kIdCard, T::kIdCard, 6, 14, 5, 0, 0.8F},
    {P::kPlate, T::kPlate, 4, 9, 1, 1, 0.8F},
    {P::kMedicalRecord, T::kRecord, 5, 12, 4, 0, 0.8F},
    {P::kHealthInsurance, T::kInsurance, 6, 16, 5, 0, 0.8F},
    {P::kBankAccount, T::kAccount, 6, 17, 6, 0, 0.75F},
});

struct Index {
  std::vector<NumberShape> shapes;  ///< by length
  std::array<std::size_t, kLongestNumber + 2> first{};
};

Index make_index() {
  Index out;
  std::array<std::vector<NumberShape>, kLongestNumber + 1> by_length;
  for (const NumberFormat& format : kFormats) {
    NumberShape shape;
    shape.format = &format;
    std::size_t at = 0;
    for (const char c : format.shape) {
      const std::uint64_t bit = std::uint64_t{1} << at;
      if (c == '-') {
        shape.separators |= bit;
        continue;
      }
      if (c == 'A') shape.letters |= bit;
      if (c == '9') shape.digits |= bit;
      ++at;
    }
    by_length[at].push_back(shape);
  }
  for (std::size_t length = 0; length <= kLongestNumber; ++length) {
    out.first[length] = out.shapes.size();
    out.shapes.insert(out.shapes.end(), by_length[length].begin(), by_length[length].end());
  }
  out.first[kLongestNumber + 1] = out.shapes.size();
  return out;
}

}  // namespace

std::span<const NumberShape> number_shapes(std::size_t length) {
  static const Index index = make_index();
  if (length > kLongestNumber) return {};
  return std::span(index.shapes)
      .subspan(index.first[length], index.first[length + 1] - index.first[length]);
}

std::span<const NumberFormat> number_formats() {
  return kFormats;
}

std::span<const WeakFormat> weak_formats() {
  return kWeak;
}

}  // namespace saiph::detect
