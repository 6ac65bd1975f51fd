//! `misto verify`: what is not as it should be in the registers.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use super::database::City;
use crate::auth::Caller;
use crate::catalogue::layer::Severity;
use crate::config::Config;
use crate::db::private::IfRunning;
use crate::verify::{Finding, Report, RuleReport, verify};

#[derive(Debug, Args)]
pub struct Verify {
    /// Registers to look at; all unless told
    layers: Vec<String>,
    /// How the report is written; only text is cut short
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Leave out findings that matter less
    #[arg(long, value_enum, default_value_t = Least::Notice)]
    severity: Least,
    /// A file for the report; standard output unless told
    #[arg(long, short)]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Csv,
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Least {
    Notice,
    Warning,
    Error,
}

impl From<Least> for Severity {
    fn from(least: Least) -> Self {
        match least {
            Least::Notice => Self::Notice,
            Least::Warning => Self::Warning,
            Least::Error => Self::Error,
        }
    }
}

/// How many findings of a rule the text shows.
const SHOWN: usize = 5;

impl Verify {
    /// An error where there is a finding of severity `error`, so that the program's exit code is 1.
    pub fn run(self, config: &Config) -> Result<()> {
        let city = City::open(config, IfRunning::Join)?;
        let reports = self.reports(&city);
        city.close();
        let mut reports = reports?;
        let errors: i64 = reports.iter().map(|report| report.count(Severity::Error)).sum();
        let least = Severity::from(self.severity);
        reports.iter_mut().for_each(|report| report.rules.retain(|rule| rule.severity >= least));
        let base = config.public_url.as_deref().unwrap_or_default();
        let mut out: Box<dyn Write> = match &self.output {
            Some(path) => {
                let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
                Box::new(BufWriter::new(file))
            }
            None => Box::new(BufWriter::new(std::io::stdout().lock())),
        };
        write(&mut out, self.format, &reports, base)
            .and_then(|()| Ok(out.flush()?))
            .context("cannot write the report")?;
        drop(out);
        if errors > 0 {
            bail!("the registers have errors: {errors}");
        }
        Ok(())
    }

    fn reports(&self, city: &City) -> Result<Vec<Report>> {
        let layers = match self.layers.is_empty() {
            true => city.catalogue.layers.clone(),
            false => self.layers.iter().map(|id| city.layer(id).cloned()).collect::<Result<_>>()?,
        };
        city.runtime.block_on(async {
            let mut reports = Vec::new();
            for layer in &layers {
                let report = verify(&city.db.owner, &city.catalogue, layer, Caller::Staff, None).await;
                reports.push(report.with_context(|| format!("cannot verify {}", layer.id))?);
            }
            Ok(reports)
        })
    }
}

fn write(out: &mut dyn Write, format: Format, reports: &[Report], base: &str) -> Result<()> {
    match format {
        Format::Text => reports.iter().try_for_each(|report| text(out, report, base)),
        Format::Csv => csv(out, reports, base),
        Format::Json => {
            let mut reports = reports.to_vec();
            let findings = reports.iter_mut().flat_map(|report| &mut report.rules).flat_map(|rule| &mut rule.findings);
            findings.for_each(|finding| finding.map = format!("{base}{}", finding.map));
            serde_json::to_writer_pretty(&mut *out, &reports)?;
            Ok(writeln!(out)?)
        }
    }
}

fn severity(severity: Severity) -> &'static str {
    Severity::ALL.iter().find(|(_, known)| *known == severity).map_or("", |(name, _)| name)
}

fn text(out: &mut dyn Write, report: &Report, base: &str) -> Result<()> {
    let found = report.count(Severity::Notice);
    writeln!(out, "{} ({}): {found} findings, {} rules", report.layer, report.title.en, report.checked.len())?;
    for RuleReport { rule, severity: grave, says, count, findings } in &report.rules {
        writeln!(out, "  {:7} {rule}: {count}. {}", severity(*grave), says.en)?;
        for finding in findings.iter().take(SHOWN) {
            writeln!(out, "    {}  {base}{}", line(finding), finding.map)?;
        }
        if *count > SHOWN as i64 {
            writeln!(out, "    … and {} more", count - SHOWN as i64)?;
        }
    }
    for skipped in &report.skipped {
        writeln!(out, "  skipped {}: {}", skipped.rule, skipped.reason.en)?;
    }
    Ok(())
}

fn line(finding: &Finding) -> String {
    let id = finding.id.map(|id| format!("#{id}"));
    let name = Some(finding.name.clone()).filter(|name| *name != finding.key);
    let parts = [id, Some(finding.key.clone()), name, Some(finding.detail.en.clone())];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn csv(out: &mut dyn Write, reports: &[Report], base: &str) -> Result<()> {
    let mut csv = ::csv::Writer::from_writer(out);
    csv.write_record([
        "layer",
        "rule",
        "severity",
        "id",
        "key",
        "name",
        "says_uk",
        "says_en",
        "detail_uk",
        "detail_en",
        "map",
    ])?;
    for report in reports {
        for rule in &report.rules {
            for finding in &rule.findings {
                let id = finding.id.map(|id| id.to_string()).unwrap_or_default();
                let map = format!("{base}{}", finding.map);
                csv.write_record([
                    &report.layer,
                    &rule.rule,
                    severity(rule.severity),
                    &id,
                    &finding.key,
                    &finding.name,
                    &rule.says.uk,
                    &rule.says.en,
                    &finding.detail.uk,
                    &finding.detail.en,
                    &map,
                ])?;
            }
        }
    }
    Ok(csv.flush()?)
}
