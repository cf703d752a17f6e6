//! Keys of sets and maps, and finding them where a class brings its own `equals` and `hashCode`.

use std::hash::{Hash, Hasher};

use super::equal::structurally_equal;
use super::{Key, MapValue, SetValue, Value, equal, hash};
use crate::apex::run::{self, Thrown};
use crate::transaction::Transaction;

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && structurally_equal(&self.value, &other.value)
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Key {
    /// The key of a value. Objects of classes with their own `equals` are looked up with the methods of [`SetValue`]
    /// and [`MapValue`], which ask them.
    pub fn of(tx: &mut Transaction, value: Value) -> Result<Key, Thrown> {
        let hash = hash(tx, &value)?;
        Ok(Key { value, hash })
    }

    /// The key among `keys` that is equal to `value` by its own `equals`, or the value's own.
    fn among(tx: &mut Transaction, keys: impl FnOnce(u64) -> Vec<Key>, value: &Value) -> Result<Key, Thrown> {
        let own = Key::of(tx, value.clone())?;
        if !run::has_own_equals(tx, value) {
            return Ok(own);
        }
        for key in keys(own.hash) {
            if equal(tx, value, &key.value)? {
                return Ok(key);
            }
        }
        Ok(own)
    }
}

impl SetValue {
    fn key(&self, tx: &mut Transaction, value: &Value) -> Result<Key, Thrown> {
        let same = |hash| self.items.borrow().iter().filter(|key| key.hash == hash).cloned().collect();
        Key::among(tx, same, value)
    }

    pub fn contains(&self, tx: &mut Transaction, value: &Value) -> Result<bool, Thrown> {
        let key = self.key(tx, value)?;
        Ok(self.items.borrow().contains(&key))
    }

    /// Adds an element; false when it was there.
    pub fn add(&self, tx: &mut Transaction, value: Value) -> Result<bool, Thrown> {
        let key = self.key(tx, &value)?;
        self.writable(tx)?;
        Ok(self.items.borrow_mut().insert(key))
    }

    /// Takes an element away; false when it was not there.
    pub fn remove(&self, tx: &mut Transaction, value: &Value) -> Result<bool, Thrown> {
        let key = self.key(tx, value)?;
        self.writable(tx)?;
        Ok(self.items.borrow_mut().shift_remove(&key))
    }

    /// Refuses a change while somebody iterates, or of a set that is read-only.
    pub fn writable(&self, tx: &mut Transaction) -> Result<(), Thrown> {
        run::check_changeable(tx, self.iterating.get() > 0, self.read_only.get())
    }
}

impl MapValue {
    fn key_of(&self, tx: &mut Transaction, value: &Value) -> Result<Key, Thrown> {
        if let (true, Value::String(text)) = (self.ignores_case.get(), value) {
            return Key::of(tx, Value::string(&text.to_lowercase()));
        }
        let same = |hash| self.entries.borrow().keys().filter(|key| key.hash == hash).cloned().collect();
        Key::among(tx, same, value)
    }

    pub fn get(&self, tx: &mut Transaction, key: &Value) -> Result<Option<Value>, Thrown> {
        let key = self.key_of(tx, key)?;
        Ok(self.entries.borrow().get(&key).cloned())
    }

    /// Puts a value and answers the one that was there before.
    pub fn put(&self, tx: &mut Transaction, key: Value, value: Value) -> Result<Option<Value>, Thrown> {
        let key = self.key_of(tx, &key)?;
        self.writable(tx)?;
        Ok(self.entries.borrow_mut().insert(key, value))
    }

    pub fn remove(&self, tx: &mut Transaction, key: &Value) -> Result<Option<Value>, Thrown> {
        let key = self.key_of(tx, key)?;
        self.writable(tx)?;
        Ok(self.entries.borrow_mut().shift_remove(&key))
    }

    /// Refuses a change of a map that is read-only.
    pub fn writable(&self, tx: &mut Transaction) -> Result<(), Thrown> {
        run::check_changeable(tx, false, self.read_only.get())
    }
}

impl super::ListValue {
    /// Refuses a change while somebody iterates, or of a list that is read-only.
    pub fn writable(&self, tx: &mut Transaction) -> Result<(), Thrown> {
        run::check_changeable(tx, self.iterating.get() > 0, self.read_only.get())
    }
}
