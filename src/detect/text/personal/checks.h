// Check digits of the schemes. Each function takes the characters without separators, letters in
// upper case, in the shape that its row of formats.cc has made sure of; it answers whether the
// check (and a date inside, where there is one) holds. Pure; any thread; a few nanoseconds.
#pragma once

#include <string_view>

namespace saiph::detect::checks {

using Check = bool (*)(std::string_view);

bool none(std::string_view id);  ///< always true: the shape is all there is
bool luhn(std::string_view id);
bool mod11_10(std::string_view id);  ///< ISO 7064 MOD 11,10
bool verhoeff(std::string_view id);  ///< decimal, last digit is the check
bool iban(std::string_view id);      ///< ISO 13616: country's length and mod 97

bool us_ssn(std::string_view id);
bool us_itin(std::string_view id);
bool us_ein(std::string_view id);
bool us_routing(std::string_view id);
bool us_medicare(std::string_view id);
bool us_npi(std::string_view id);
bool us_dea(std::string_view id);
bool uk_nino(std::string_view id);
bool uk_nhs(std::string_view id);
bool uk_utr(std::string_view id);
bool uk_driving_licence(std::string_view id);
bool at_svnr(std::string_view id);
bool be_national(std::string_view id);
bool bg_egn(std::string_view id);
bool cy_tic(std::string_view id);
bool cz_birth_number(std::string_view id);
bool cz_birth_number_9(std::string_view id);
bool dk_cpr(std::string_view id);
bool ee_personal(std::string_view id);
bool fi_hetu(std::string_view id);
bool fr_nir(std::string_view id);
bool fr_spi(std::string_view id);
bool de_tax_id(std::string_view id);
bool de_pension(std::string_view id);
bool de_id_card(std::string_view id);
bool gr_afm(std::string_view id);
bool gr_amka(std::string_view id);
bool hu_personal(std::string_view id);
bool hu_tax(std::string_view id);
bool hu_taj(std::string_view id);
bool ie_pps(std::string_view id);
bool it_fiscal_code(std::string_view id);
bool lv_personal(std::string_view id);
bool lu_national(std::string_view id);
bool mt_id(std::string_view id);
bool nl_bsn(std::string_view id);
bool pl_pesel(std::string_view id);
bool pl_nip(std::string_view id);
bool pl_regon(std::string_view id);
bool pl_id_card(std::string_view id);
bool pt_nif(std::string_view id);
bool pt_citizen_card(std::string_view id);
bool ro_cnp(std::string_view id);
bool si_emso(std::string_view id);
bool si_tax(std::string_view id);
bool es_dni(std::string_view id);
bool es_nie(std::string_view id);
bool es_cif(std::string_view id);
bool es_social_security(std::string_view id);
bool se_personal(std::string_view id);  ///< 10 or 12 digits
bool no_birth_number(std::string_view id);
bool is_kennitala(std::string_view id);
bool ch_ahv(std::string_view id);
bool ca_sin(std::string_view id);
bool br_cpf(std::string_view id);
bool br_cnpj(std::string_view id);
bool in_aadhaar(std::string_view id);
bool in_pan(std::string_view id);
bool au_tfn(std::string_view id);
bool vat(std::string_view id);  ///< with its country's prefix
bool vehicle_id(std::string_view id);
bool imei(std::string_view id);

/// A day of the calendar; two-digit years are taken as any century.
bool is_date(int year, int month, int day);

}  // namespace saiph::detect::checks
