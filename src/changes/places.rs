//! How many streams may be open: for a client, and in all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;

use crate::http::problem::Problem;

/// For one address; a browser opens one for each of its windows.
const MOST_FOR_ADDRESS: usize = 20;
const MOST: usize = 5_000;

/// The places that are taken.
#[derive(Debug, Clone, Default)]
pub struct Places(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One stream's place, given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    places: Places,
    address: Option<IpAddr>,
}

impl Places {
    /// A place for a client; without an address (this machine's own) only all together are limited.
    pub fn take(&self, address: Option<IpAddr>) -> Result<Place, Problem> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all >= MOST {
            return Err(Problem::unavailable());
        }
        if let Some(address) = address {
            let count = taken.by_address.entry(address).or_default();
            if *count >= MOST_FOR_ADDRESS {
                return Err(Problem::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    format!("З вашої адреси вже відкрито {MOST_FOR_ADDRESS} потоків змін. Закрийте зайві."),
                    format!("{MOST_FOR_ADDRESS} streams of changes are open from your address. Close some."),
                ));
            }
            *count += 1;
        }
        taken.all += 1;
        metrics::gauge!("misto_change_streams").set(taken.all as f64);
        Ok(Place { places: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        metrics::gauge!("misto_change_streams").set(taken.all as f64);
        let Some(address) = self.address else { return };
        if let Some(count) = taken.by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_places_and_gets_them_back() {
        let places = Places::default();
        let address = |last| Some(IpAddr::from([203, 0, 113, last]));
        let mut held: Vec<_> = (0..MOST_FOR_ADDRESS).map(|_| places.take(address(1)).unwrap()).collect();
        assert!(places.take(address(1)).is_err());
        assert!(places.take(address(2)).is_ok() && places.take(None).is_ok());
        held.pop();
        assert!(places.take(address(1)).is_ok());
        drop(held);
        let taken = places.0.lock().unwrap();
        assert_eq!((taken.all, taken.by_address.len()), (0, 0), "nothing is kept of those who have gone");
    }

    #[test]
    fn there_is_an_end_to_all_places() {
        let places = Places::default();
        let _held: Vec<_> = (0..MOST).map(|_| places.take(None).unwrap()).collect();
        assert!(places.take(None).is_err());
    }
}
