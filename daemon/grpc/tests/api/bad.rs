//! Bad input to every method: requests filled at random from what people and attackers send, and bytes that are none.

use prost::Message as _;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::fakes::{World, account_name, by, fields, reason};
use crate::wire::{call, methods, path};

/// Requests to each method.
const TRIES: u64 = 60;
/// Deepest nesting of a request.
const DEPTH_MAX: usize = 4;

const TEXTS: [&str; 20] = [
    "",
    "tenants/acme",
    "tenants/acme",
    "tenants/acme/serviceAccounts/main",
    "tenants/acme/serviceAccounts/main",
    "tenants/acme/serviceAccounts/main/components/A.b",
    "tenants/acme/operations/none",
    "tenants/acme/notifications/18446744073709551616",
    "tenants/acme/licenses/example",
    "tenants/acme/serviceAccounts/../../other",
    "connectors/example",
    "connectors/\u{202e}example",
    "b5b1f0f6-3f0a-4a53-9d0d-4a3d1ed2a111",
    "state = \"",
    "phase = READY AND state = * AND",
    "AAAA",
    "\u{0}\u{1}\n",
    "ü\u{1f980}\u{300}",
    "%2e%2e/%00",
    "globalAdministrator",
];

fn text(random: &mut StdRng) -> String {
    match random.random_range(0..10) {
        0 => "x".repeat(random.random_range(0..5_000)),
        1 => (0..random.random_range(0..20)).map(|_| random.random::<char>()).collect(),
        _ => (*TEXTS.choose(random).expect("some")).to_owned(),
    }
}

fn number(random: &mut StdRng) -> i64 {
    *[0, 1, -1, 50, 1_001, i64::MAX, i64::MIN, i64::from(i32::MAX) + 1].choose(random).expect("some")
}

fn message(random: &mut StdRng, descriptor: &MessageDescriptor, depth: usize) -> DynamicMessage {
    let mut filled = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        if random.random_range(0..4) != 0 {
            filled.set_field(&field, value(random, &field, depth));
        }
    }
    filled
}

fn value(random: &mut StdRng, field: &FieldDescriptor, depth: usize) -> Value {
    let count = random.random_range(0..4);
    if field.is_map() {
        let Kind::Message(entry) = field.kind() else { panic!("a map of entries") };
        let values = entry.map_entry_value_field();
        let pairs = (0..count).map(|_| (MapKey::String(text(random)), one(random, &values, depth)));
        Value::Map(pairs.collect())
    } else if field.is_list() {
        Value::List((0..count).map(|_| one(random, field, depth)).collect())
    } else {
        one(random, field, depth)
    }
}

fn one(random: &mut StdRng, field: &FieldDescriptor, depth: usize) -> Value {
    match field.kind() {
        Kind::String => Value::String(text(random)),
        Kind::Bytes => Value::Bytes(text(random).into_bytes().into()),
        Kind::Bool => Value::Bool(random.random()),
        Kind::Enum(_) => Value::EnumNumber(number(random) as i32),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(number(random) as i32),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(number(random) as u32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(number(random)),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(number(random) as u64),
        Kind::Float => Value::F32(f32::NAN),
        Kind::Double => Value::F64(*[0.5, f64::INFINITY, f64::NAN].choose(random).expect("some")),
        Kind::Message(inner) if depth == 0 => Value::Message(DynamicMessage::new(inner)),
        Kind::Message(inner) => Value::Message(message(random, &inner, depth - 1)),
    }
}

/// Every refusal has its reason, and one of the request says which field.
fn demand_order(method: &str, status: &Status) {
    let broken =
        [Code::Internal, Code::Unknown, Code::Unavailable, Code::Unimplemented, Code::Unauthenticated];
    assert!(!broken.contains(&status.code()), "{method}: {status:?}");
    reason(status);
    if status.code() == Code::InvalidArgument {
        let named = fields(status);
        assert!(!named.is_empty() && named.iter().all(|field| !field.is_empty()), "{method}: {status:?}");
        assert!(status.get_details_precondition_failure().is_none(), "{method}: {status:?}");
    }
}

#[tokio::test]
async fn requests_filled_at_random_are_answered_in_order() {
    let world = World::start().await;
    world.accounts.put(&account_name());
    for method in methods() {
        for seed in 0..TRIES {
            let mut random = StdRng::seed_from_u64(seed);
            let body = message(&mut random, &method.input(), DEPTH_MAX).encode_to_vec();
            let caller = if method.parent_service().name() == "AdminService" && seed % 2 == 0 {
                "platform"
            } else {
                "admin"
            };
            if let Err(status) = call(world.channel(), &path(&method), by(caller, body)).await {
                demand_order(&format!("{} with seed {seed}", method.full_name()), &status);
            }
        }
    }
}

#[tokio::test]
async fn bytes_that_are_no_message_are_a_bad_request() {
    let world = World::start().await;
    let mut random = StdRng::seed_from_u64(1);
    for method in methods() {
        // A field with a length beyond the end; then anything.
        for body in [vec![0x0a, 0x7f, b'x'], (0..40).map(|_| random.random()).collect()] {
            if let Err(status) = call(world.channel(), &path(&method), by("admin", body)).await {
                demand_order(method.full_name(), &status);
            }
        }
        let broken = call(world.channel(), &path(&method), by("admin", vec![0x0a, 0x7f, b'x'])).await;
        assert_eq!(fields(&broken.expect_err("no message")), ["request"], "{}", method.full_name());
    }
}
