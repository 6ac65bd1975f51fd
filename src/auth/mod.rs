//! Who is asking, who may see what, and who may ask how often.

pub mod gate;
pub mod keys;

/// Who may see a field of a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Public,
    Staff,
}

/// Whose eyes a read is for. Every read goes through `catalogue::select` with one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Anybody on the internet.
    Public,
    /// Somebody who works with the register, at the command line so far.
    Staff,
}

impl Caller {
    pub fn may_see(self, access: Access) -> bool {
        self == Self::Staff || access == Access::Public
    }
}
