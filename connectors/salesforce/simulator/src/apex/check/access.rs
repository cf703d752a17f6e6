//! Who may see what.

use super::scope::Checker;
use crate::apex::program::{ClassId, Visibility};
use crate::apex::types::Type;

impl Checker<'_> {
    /// Whether we may use a member of this visibility that `owner` declares.
    pub(super) fn sees(&self, visibility: Visibility, owner: ClassId, test_visible: bool) -> bool {
        let theirs = self.program.class(owner).unit;
        if theirs == self.unit {
            return true;
        }
        let namespace = |unit| self.program.unit(unit).namespace.as_deref();
        if namespace(theirs) != namespace(self.unit) {
            return visibility == Visibility::Global;
        }
        let testing = test_visible && self.class.is_some_and(|class| self.program.class(class).is_test);
        match visibility {
            Visibility::Global | Visibility::Public => true,
            Visibility::Protected => testing || self.descends(owner),
            Visibility::Private => testing,
        }
    }

    /// Whether our class, or the one around it, stands below another.
    fn descends(&self, from: ClassId) -> bool {
        let below = |class: ClassId| self.program.is_subtype(&Type::Class(class), &Type::Class(from));
        let outer = self.class.and_then(|class| self.program.class(class).outer);
        self.class.into_iter().chain(outer).any(below)
    }

    /// The class that declares an instance variable.
    pub(super) fn owner_of(&self, class: ClassId, place: usize) -> ClassId {
        let mut owner = class;
        for _ in 0..self.program.classes.len() {
            match self.program.class(owner).superclass {
                Some(Type::Class(parent)) if place < self.program.class(parent).fields.len() => {
                    owner = parent
                }
                _ => break,
            }
        }
        owner
    }

    /// The name of a class as we have to write it.
    pub(super) fn class_name(&self, class: ClassId) -> String {
        self.name(&Type::Class(class))
    }
}
