// The nouns as the interface shows them: one function a schema of openapi.json.
#pragma once

#include "codec/json/json_writer.h"
#include "control/accounts.h"
#include "control/index.h"
#include "control/scan_jobs.h"
#include "control/sessions.h"
#include "control/settings.h"
#include "control/suppressions.h"
#include "domain/rule.h"
#include "server/context.h"

namespace saiph::server {

// Each writes one object. Any thread.
void write(codec::JsonWriter& json, const control::Account& account);
void write(codec::JsonWriter& json, const control::ApiToken& token);
void write(codec::JsonWriter& json, const control::Asset& asset);
void write(codec::JsonWriter& json, const control::IndexedFinding& finding);
void write(codec::JsonWriter& json, const control::IndexedEvent& event);
void write(codec::JsonWriter& json, const control::ScanJob& job);
void write(codec::JsonWriter& json, const Rule& rule);
void write_suppression(codec::JsonWriter& json, const control::Suppression& suppression,
                       UnixMillis now);
/// Schema Session. `csrf` empty: null.
void write_session(codec::JsonWriter& json, const Principal& principal, std::string_view csrf);
/// Schema Settings.
void write_settings(codec::JsonWriter& json, const control::Settings& settings,
                    const ApiOptions& options);
/// An object with a count for each severity.
void write_counts(codec::JsonWriter& json, std::string_view name,
                  const control::BySeverity& counts);

/// The job as the scan service sees it now: its figures are newer than the row's.
control::ScanJob with_update(control::ScanJob job, const ScanUpdate& update);

}  // namespace saiph::server
