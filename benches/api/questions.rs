//! Prints questions about the addresses that come on standard input (id, street, house, block, former names, parted by
//! tabs), so many of each kind as the argument says. `benches/api/finding.py` builds it with rustc and runs it.

#[path = "../search/queries.rs"]
mod queries;

use std::io::{self, BufRead};

use queries::{Address, UNUSUAL, USUAL};

fn main() {
    let each = std::env::args().nth(1).and_then(|text| text.parse().ok()).expect("how many of each kind");
    let addresses: Vec<Address> = io::stdin().lock().lines().map(|line| address(&line.expect("text"))).collect();
    for kinds in [USUAL, UNUSUAL] {
        print!("{}", queries::tsv(&queries::queries(&addresses, &kinds, each, 1)));
    }
}

fn address(line: &str) -> Address {
    let mut parts = line.split('\t').map(str::to_owned);
    let mut next = || parts.next().unwrap_or_default();
    let id = next().parse().expect("an id");
    Address { id, street: next(), house: next(), block: next(), former: next() }
}
