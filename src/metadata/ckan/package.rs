//! A register as CKAN tells of a package: the members that harvesters read.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::catalogue::dataset::{Dataset, Distribution, Way};
use crate::catalogue::layer::{Bilingual, Group};
use crate::config::Publisher;
use crate::http::language::Language;
use crate::metadata::dcat;

/// A data set.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Package {
    /// UUID, made of the portal's address and the register's id.
    pub id: String,
    /// Id of the register.
    pub name: String,
    title: String,
    title_translated: Bilingual,
    notes: String,
    notes_translated: Bilingual,
    url: String,
    #[serde(rename = "type")]
    kind: &'static str,
    state: &'static str,
    private: bool,
    author: Option<String>,
    author_email: Option<String>,
    maintainer: Option<String>,
    maintainer_email: Option<String>,
    /// SPDX identifier.
    pub license_id: String,
    license_title: String,
    license_url: String,
    /// When the register's first record was made, in UTC; null where nobody knows.
    metadata_created: Option<String>,
    /// When a record was last made, changed or deleted, in UTC; null where nobody knows.
    metadata_modified: Option<String>,
    version: Option<String>,
    pub owner_org: String,
    organization: Organization,
    pub groups: Vec<PackageGroup>,
    pub tags: Vec<Tag>,
    pub resources: Vec<Resource>,
    num_resources: usize,
    num_tags: usize,
    extras: Vec<Extra>,
}

/// A form in which a data set can be had.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Resource {
    pub id: String,
    pub package_id: String,
    pub name: String,
    name_translated: Bilingual,
    description: String,
    /// For example `GeoJSON`.
    pub format: String,
    mimetype: &'static str,
    url: String,
    resource_type: &'static str,
    state: &'static str,
    position: usize,
    created: Option<String>,
    last_modified: Option<String>,
    metadata_modified: Option<String>,
    /// Always null: files are made when they are asked for.
    size: Option<u64>,
    hash: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Tag {
    id: String,
    pub name: String,
    display_name: String,
    state: &'static str,
    vocabulary_id: Option<String>,
}

/// A heading of the layer panel.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PackageGroup {
    pub id: String,
    pub name: String,
    title: String,
    display_name: String,
    description: String,
}

/// The city, which publishes everything.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Organization {
    pub id: String,
    /// `edrpou-` and the code, or `city`.
    pub name: String,
    title: String,
    display_name: String,
    description: String,
    #[serde(rename = "type")]
    kind: &'static str,
    is_organization: bool,
    approval_status: &'static str,
    state: &'static str,
    image_url: &'static str,
    package_count: usize,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
struct Extra {
    key: &'static str,
    value: String,
}

/// As CKAN writes moments: UTC without saying so.
fn naive(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}

fn uuid_of(address: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, address.as_bytes()).to_string()
}

impl Organization {
    pub fn new(publisher: &Publisher, base: &str, package_count: usize) -> Self {
        let title = publisher.name.clone().unwrap_or_else(|| dcat::title(publisher).uk);
        Self {
            id: uuid_of(&format!("{base}/opendata/catalog#publisher")),
            name: publisher.code.as_ref().map_or_else(|| "city".to_owned(), |code| format!("edrpou-{code}")),
            display_name: title.clone(),
            title,
            description: dcat::description().uk,
            kind: "organization",
            is_organization: true,
            approval_status: "approved",
            state: "active",
            image_url: "",
            package_count,
        }
    }
}

impl PackageGroup {
    pub fn new(group: &Group, base: &str) -> Self {
        Self {
            id: uuid_of(&format!("{base}/opendata/groups/{}", group.id)),
            name: group.id.clone(),
            title: group.title.uk.clone(),
            display_name: group.title.uk.clone(),
            description: group.title.en.clone(),
        }
    }
}

impl Package {
    /// `all` is how many packages there are.
    pub fn new(dataset: &Dataset<'_>, base: &str, all: usize) -> Self {
        let (layer, overview, publisher) = (dataset.layer, dataset.overview, dataset.publisher);
        let organization = Organization::new(publisher, base, all);
        let tags: Vec<_> = dataset.keywords(Language::Uk).iter().map(|word| Tag::new(word, base)).collect();
        let forms = dataset.distributions();
        let resources: Vec<_> =
            forms.iter().enumerate().map(|(place, form)| Resource::new(dataset, form, place)).collect();
        Self {
            id: dataset.uuid().to_string(),
            name: layer.id.clone(),
            title: layer.title.uk.clone(),
            title_translated: layer.title.clone(),
            notes: layer.description.uk.clone(),
            notes_translated: layer.description.clone(),
            url: dataset.page(),
            kind: "dataset",
            state: "active",
            private: false,
            author: Some(layer.attribution.uk.clone()).filter(|keeper| !keeper.is_empty()),
            author_email: None,
            maintainer: publisher.contact.clone(),
            maintainer_email: publisher.email.clone(),
            license_id: layer.licence.clone(),
            license_title: layer.licence.clone(),
            license_url: dataset.licence_uri(),
            metadata_created: overview.created.map(naive),
            metadata_modified: overview.modified.map(naive),
            version: None,
            owner_org: organization.id.clone(),
            organization,
            groups: dataset.group.iter().map(|group| PackageGroup::new(group, base)).collect(),
            num_tags: tags.len(),
            tags,
            num_resources: resources.len(),
            resources,
            extras: extras(dataset),
        }
    }
}

impl Package {
    pub fn organization_name(&self) -> &str {
        &self.organization.name
    }
}

impl Tag {
    /// CKAN allows letters, digits, spaces, hyphens, underscores and dots; its apostrophe is the letter.
    fn new(keyword: &str, base: &str) -> Self {
        let letter = |c: char| match c {
            '’' | '\'' => 'ʼ',
            c if c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | 'ʼ') => c,
            _ => ' ',
        };
        let cleaned: String = keyword.chars().map(letter).collect();
        let name: String = cleaned.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(100).collect();
        Self {
            id: uuid_of(&format!("{base}/opendata/tags/{name}")),
            display_name: name.clone(),
            name,
            state: "active",
            vocabulary_id: None,
        }
    }
}

impl Resource {
    fn new(dataset: &Dataset<'_>, form: &Distribution, position: usize) -> Self {
        let overview = dataset.overview;
        let format = match (form.way, form.name) {
            (Way::Download, "legal") => "ZIP",
            (Way::Download, _) => &form.title.en,
            (Way::Api, "tiles") => "MVT",
            (Way::Api, _) => "GeoJSON",
        };
        Self {
            id: uuid_of(&format!("{}#{}", dataset.uri(), form.name)),
            package_id: dataset.uuid().to_string(),
            name: form.title.uk.clone(),
            name_translated: form.title.clone(),
            description: format!("{}: {}", dataset.layer.title.uk, form.title.uk),
            format: format.to_owned(),
            mimetype: form.media_type,
            url: form.url.clone(),
            resource_type: if form.way == Way::Download { "file" } else { "api" },
            state: "active",
            position,
            created: overview.created.map(naive),
            last_modified: overview.modified.map(naive),
            metadata_modified: overview.modified.map(naive),
            size: None,
            hash: String::new(),
        }
    }
}

fn extras(dataset: &Dataset<'_>) -> Vec<Extra> {
    let layer = dataset.layer;
    let extra = |key, value: String| Extra { key, value };
    let mut extras = vec![
        extra("identifier", dataset.uri()),
        extra("language", "uk".to_owned()),
        extra("purpose", dataset.purpose().to_owned()),
        extra("update_frequency", dataset.frequency().uk.to_owned()),
        extra("frequency", dataset.frequency().uri()),
        extra("records", dataset.overview.count.to_string()),
    ];
    if let Some(legal) = &layer.legal {
        extras.push(extra("structure", legal.structure.clone()));
    }
    if !dataset.themes().is_empty() {
        let themes: Vec<_> = dataset.themes().iter().map(|theme| theme.uri()).collect();
        extras.push(extra("theme", serde_json::json!(themes).to_string()));
    }
    if let Some([west, south, east, north]) = dataset.overview.bounds {
        let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
        extras.push(extra("spatial", serde_json::json!({ "type": "Polygon", "coordinates": [ring] }).to_string()));
    }
    extras
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_what_ckan_allows() {
        assert_eq!(Tag::new("об’єкти торгівлі (усі), кіоски", "").name, "обʼєкти торгівлі усі кіоски");
    }
}
