#include "detect/text/personal/types.h"

#include <array>

#include "detect/rules/personal.h"
#include "detect/text/personal/find_personal.h"

namespace saiph::detect {

namespace {

// In the order of the enumeration.
constexpr auto kTypes = std::to_array<SpanType>({
    {"pii.card", "CARD", "Payment card number", &rules::kPersonalPaymentCard},
    {"pii.iban", "IBAN", "International bank account number (IBAN)", &rules::kPersonalBankAccount},
    {"pii.bic", "BIC", "Bank identifier (BIC)", &rules::kPersonalBankAccount},
    {"pii.bank-account", "BANK_ACCOUNT", "Bank account number", &rules::kPersonalBankAccount},
    {"pii.us.routing-number", "ROUTING_NUMBER", "Routing number of a United States bank (ABA)",
     &rules::kPersonalBankAccount},
    {"pii.uk.sort-code", "SORT_CODE", "Sort code of a United Kingdom bank",
     &rules::kPersonalBankAccount},
    {"pii.email", "EMAIL", "E-mail address", &rules::kPersonalEmail},
    {"pii.phone", "PHONE", "Telephone number", &rules::kPersonalPhone},
    {"pii.ip-address", "IP_ADDRESS", "IP address", &rules::kPersonalNetworkAddress},
    {"pii.mac-address", "MAC_ADDRESS", "MAC address", &rules::kPersonalNetworkAddress},
    {"pii.bitcoin", "BITCOIN_ADDRESS", "Bitcoin address", &rules::kPersonalWallet},
    {"pii.ethereum", "ETHEREUM_ADDRESS", "Ethereum address", &rules::kPersonalWallet},
    {"pii.wallet", "WALLET_ADDRESS", "Address of a crypto wallet", &rules::kPersonalWallet},
    {"pii.url-credentials", "URL_CREDENTIALS", "User name in a web address",
     &rules::kPersonalNetworkAddress},
    {"pii.coordinates", "COORDINATES", "Coordinates on the map", &rules::kPersonalCoordinates},
    {"pii.birth-date", "BIRTH_DATE", "Date of birth", &rules::kPersonalBirthDate},
    {"pii.plate", "PLATE", "Number plate", &rules::kPersonalPlate},
    {"pii.vehicle-id", "VEHICLE_ID", "Vehicle identification number", &rules::kPersonalPlate},
    {"pii.imei", "IMEI", "Number of a mobile device (IMEI)", &rules::kPersonalNetworkAddress},
    {"pii.passport", "PASSPORT", "Passport number", &rules::kPersonalNationalId},
    {"pii.id-card", "ID_CARD", "Number of an identity card", &rules::kPersonalNationalId},
    {"pii.driver-licence", "DRIVER_LICENCE", "Number of a driving licence",
     &rules::kPersonalNationalId},
    {"pii.medical-record", "MEDICAL_RECORD", "Number of a patient's record",
     &rules::kPersonalMedicalNumber},
    {"pii.health-insurance", "HEALTH_INSURANCE", "Number of a health insurance",
     &rules::kPersonalMedicalNumber},
    {"pii.us.ssn", "SSN", "United States social security number", &rules::kPersonalNationalId},
    {"pii.us.itin", "ITIN", "United States individual taxpayer number", &rules::kPersonalTaxNumber},
    {"pii.us.ein", "EIN", "United States employer number", &rules::kPersonalTaxNumber},
    {"pii.us.medicare", "MEDICARE", "United States Medicare number (MBI)",
     &rules::kPersonalMedicalNumber},
    {"pii.us.npi", "NPI", "United States provider number (NPI)", &rules::kPersonalMedicalNumber},
    {"pii.us.dea", "DEA", "United States prescriber number (DEA)", &rules::kPersonalMedicalNumber},
    {"pii.uk.nino", "NINO", "United Kingdom national insurance number",
     &rules::kPersonalNationalId},
    {"pii.uk.nhs", "NHS_NUMBER", "United Kingdom NHS number", &rules::kPersonalMedicalNumber},
    {"pii.uk.utr", "UTR", "United Kingdom taxpayer reference", &rules::kPersonalTaxNumber},
    {"pii.uk.driving-licence", "DRIVER_LICENCE", "United Kingdom driving licence",
     &rules::kPersonalNationalId},
    {"pii.at.svnr", "SVNR", "Austrian social insurance number", &rules::kPersonalNationalId},
    {"pii.be.national-number", "NATIONAL_NUMBER", "Belgian national register number",
     &rules::kPersonalNationalId},
    {"pii.bg.egn", "EGN", "Bulgarian civil number", &rules::kPersonalNationalId},
    {"pii.hr.oib", "OIB", "Croatian personal identification number", &rules::kPersonalNationalId},
    {"pii.cy.tic", "TIC", "Cypriot tax identification code", &rules::kPersonalTaxNumber},
    {"pii.cz.birth-number", "BIRTH_NUMBER", "Czech or Slovak birth number",
     &rules::kPersonalNationalId},
    {"pii.dk.cpr", "CPR", "Danish CPR number", &rules::kPersonalNationalId},
    {"pii.ee.personal-code", "PERSONAL_CODE", "Estonian or Lithuanian personal code",
     &rules::kPersonalNationalId},
    {"pii.fi.hetu", "HETU", "Finnish personal identity code", &rules::kPersonalNationalId},
    {"pii.fr.nir", "NIR", "French social security number", &rules::kPersonalNationalId},
    {"pii.fr.spi", "SPI", "French tax number (SPI)", &rules::kPersonalTaxNumber},
    {"pii.de.tax-id", "TAX_ID", "German tax identification number", &rules::kPersonalTaxNumber},
    {"pii.de.pension-number", "PENSION_NUMBER", "German pension insurance number",
     &rules::kPersonalNationalId},
    {"pii.gr.afm", "AFM", "Greek tax number", &rules::kPersonalTaxNumber},
    {"pii.gr.amka", "AMKA", "Greek social security number", &rules::kPersonalNationalId},
    {"pii.hu.personal-number", "PERSONAL_NUMBER", "Hungarian personal number",
     &rules::kPersonalNationalId},
    {"pii.hu.tax-id", "TAX_ID", "Hungarian tax identification number", &rules::kPersonalTaxNumber},
    {"pii.hu.taj", "TAJ", "Hungarian social security number", &rules::kPersonalMedicalNumber},
    {"pii.ie.pps", "PPS", "Irish PPS number", &rules::kPersonalNationalId},
    {"pii.it.fiscal-code", "FISCAL_CODE", "Italian fiscal code", &rules::kPersonalNationalId},
    {"pii.it.vat", "VAT_NUMBER", "Italian VAT number without prefix", &rules::kPersonalTaxNumber},
    {"pii.lv.personal-code", "PERSONAL_CODE", "Latvian personal code", &rules::kPersonalNationalId},
    {"pii.lu.national-number", "NATIONAL_NUMBER", "Luxembourg identification number",
     &rules::kPersonalNationalId},
    {"pii.mt.id-card", "ID_CARD", "Maltese identity card number", &rules::kPersonalNationalId},
    {"pii.nl.bsn", "BSN", "Dutch citizen service number", &rules::kPersonalNationalId},
    {"pii.pl.pesel", "PESEL", "Polish PESEL number", &rules::kPersonalNationalId},
    {"pii.pl.nip", "NIP", "Polish tax number", &rules::kPersonalTaxNumber},
    {"pii.pl.regon", "REGON", "Polish business number", &rules::kPersonalTaxNumber},
    {"pii.pl.id-card", "ID_CARD", "Polish identity card number", &rules::kPersonalNationalId},
    {"pii.pt.nif", "NIF", "Portuguese tax number", &rules::kPersonalTaxNumber},
    {"pii.pt.citizen-card", "CITIZEN_CARD", "Portuguese citizen card number",
     &rules::kPersonalNationalId},
    {"pii.ro.cnp", "CNP", "Romanian personal number", &rules::kPersonalNationalId},
    {"pii.si.emso", "EMSO", "Slovene personal number", &rules::kPersonalNationalId},
    {"pii.si.tax-number", "TAX_NUMBER", "Slovene tax number", &rules::kPersonalTaxNumber},
    {"pii.es.dni", "DNI", "Spanish identity number", &rules::kPersonalNationalId},
    {"pii.es.nie", "NIE", "Spanish number of a foreigner", &rules::kPersonalNationalId},
    {"pii.es.cif", "CIF", "Spanish company tax number", &rules::kPersonalTaxNumber},
    {"pii.es.social-security", "SOCIAL_SECURITY", "Spanish social security number",
     &rules::kPersonalNationalId},
    {"pii.se.personal-number", "PERSONAL_NUMBER", "Swedish personal number",
     &rules::kPersonalNationalId},
    {"pii.no.birth-number", "BIRTH_NUMBER", "Norwegian birth number", &rules::kPersonalNationalId},
    {"pii.is.kennitala", "KENNITALA", "Icelandic identification number",
     &rules::kPersonalNationalId},
    {"pii.ch.ahv", "AHV_NUMBER", "Swiss social security number", &rules::kPersonalNationalId},
    {"pii.ca.sin", "SIN", "Canadian social insurance number", &rules::kPersonalNationalId},
    {"pii.br.cpf", "CPF", "Brazilian taxpayer number", &rules::kPersonalTaxNumber},
    {"pii.br.cnpj", "CNPJ", "Brazilian company number", &rules::kPersonalTaxNumber},
    {"pii.in.aadhaar", "AADHAAR", "Indian Aadhaar number", &rules::kPersonalNationalId},
    {"pii.in.pan", "PAN", "Indian permanent account number", &rules::kPersonalTaxNumber},
    {"pii.au.tfn", "TFN", "Australian tax file number", &rules::kPersonalTaxNumber},
    {"pii.vat", "VAT_NUMBER", "VAT number of an EU state or the United Kingdom",
     &rules::kPersonalTaxNumber},
    {"pii.person", "PERSON", "Name of a person", &rules::kPersonalName},
    {"pii.address", "ADDRESS", "Postal address", &rules::kPersonalPostalAddress},
    {"pii.postcode", "POSTCODE", "Post code", &rules::kPersonalPostalAddress},
    {"pii.place", "PLACE", "Name of a place", &rules::kPersonalPlace},
    {"pii.date", "DATE", "Date or time", &rules::kPersonalDate},
    {"pii.url", "URL", "Web address", &rules::kPersonalUrl},
});
static_assert(kTypes.size() == static_cast<std::size_t>(Personal::kCount));

}  // namespace

std::span<const SpanType> personal_types() {
  return kTypes;
}

const SpanType& type_of(Personal type) {
  return kTypes[static_cast<std::size_t>(type)];
}

}  // namespace saiph::detect
