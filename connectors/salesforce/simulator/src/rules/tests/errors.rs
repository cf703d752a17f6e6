use super::World;
use crate::rules::formula::Wanted;

#[test]
fn refusals_have_salesforces_words() {
    let world = World::new();
    for (source, expected) in [
        ("Nothing__c = 1", "Field Nothing__c does not exist. Check spelling."),
        ("Account__r.Nothing = 'x'", "Field Account__r.Nothing does not exist. Check spelling."),
        ("$User.Nothing = 'x'", "Field $User.Nothing does not exist. Check spelling."),
        ("$Permission.Nothing", "Field $Permission.Nothing does not exist. Check spelling."),
        ("Owner:Nobody.Name = 'x'", "Nobody is an invalid object type for the Owner field. Check spelling."),
        ("AND(TRUE, 'x')", "Incorrect parameter type for function 'AND()'. Expected Boolean, received Text"),
        (
            "IF(1, TRUE, FALSE)",
            "Incorrect parameter type for function 'IF()'. Expected Boolean, received Number",
        ),
        ("Open__c && 1", "Incorrect parameter type for operator '&&'. Expected Boolean, received Number"),
        ("Amount__c = 'x'", "Incorrect parameter type for operator '='. Expected Number, received Text"),
        ("Amount__c > Due__c", "Incorrect parameter type for operator '>'. Expected Number, received Date"),
        (
            "1 + TRUE = 2",
            "Incorrect parameter type for operator '+'. Expected Number, Date, DateTime, received Boolean",
        ),
        (
            "Due__c + Due__c = Due__c",
            "Incorrect parameter type for operator '+'. Expected Number, DateTime, received Date",
        ),
        ("'a' & 1 = 'a'", "Incorrect parameter type for operator '&'. Expected Text, received Number"),
        ("'a' * 2 = 1", "Incorrect parameter type for operator '*'. Expected Number, received Text"),
        ("LEN(1) = 1", "Incorrect parameter type for function 'LEN()'. Expected Text, received Number"),
        (
            "YEAR(At__c) = 1",
            "Incorrect parameter type for function 'YEAR()'. Expected Date, received DateTime",
        ),
        (
            "ISPICKVAL(Title__c, 'x')",
            "Incorrect parameter type for function 'ISPICKVAL()'. Expected Picklist, received Text",
        ),
        (
            "ISPICKVAL(Stage__c, Title__c)",
            "Incorrect parameter type for function 'ISPICKVAL()'. Expected Text Literal, received Text",
        ),
        ("IF(TRUE, 'x')", "Incorrect number of parameters for function 'IF()'. Expected 3, received 2"),
        ("LEN() = 1", "Incorrect number of parameters for function 'LEN()'. Expected 1, received 0"),
        ("TODAY(1) = 1", "Incorrect number of parameters for function 'TODAY()'. Expected 0, received 1"),
        ("FROB(1)", "Unknown function FROB. Check spelling."),
        ("VLOOKUP(1)", "Function VLOOKUP may not be used in this type of formula"),
        (
            "Stage__c = 'Won'",
            "Field Stage__c is a picklist field. Picklist fields are only supported in certain functions.",
        ),
        (
            "Tags__c = 'a'",
            "Field Tags__c is a multi-select picklist field. Multi-select picklist fields are only supported in certain functions.",
        ),
        (
            "ISBLANK(Place__c)",
            "You referenced an unsupported field type called \"location\" using the following field: Place__c",
        ),
        ("ISCHANGED(Account__r.Name)", "The ISCHANGED function cannot reference the Account__r.Name field."),
        ("AND(TRUE", "Syntax error. Missing ')'"),
        ("(1 = 1", "Syntax error. Missing ')'"),
        ("TRUE)", "Syntax error. Extra ')'"),
        ("TRUE FALSE", "Syntax error. Extra FALSE"),
        ("1 = = 2", "Syntax error. Found '='"),
        ("1 = ", "Syntax error. Found 'end of formula'"),
        ("", "Syntax error. Found 'end of formula'"),
        ("AND(TRUE,,FALSE)", "Syntax error. Found ','"),
        ("'abc", "Syntax error. Missing '''"),
        ("1 = 2 ; 3", "Syntax error"),
        (
            "Amount__c",
            "Formula result is data type (Number), incompatible with expected data type (true or false).",
        ),
        (
            "\"x\"",
            "Formula result is data type (Text), incompatible with expected data type (true or false).",
        ),
    ] {
        assert_eq!(world.refusal(source), expected, "{source}");
    }
}

#[test]
fn formulas_have_bounds() {
    let world = World::new();
    let long = format!("'{}' = ''", "x".repeat(4_000));
    assert_eq!(
        world.refusal(&long),
        "Formula is too long (4,007 characters). Maximum length is 3,900 characters"
    );
    let deep = format!("{}TRUE{}", "(".repeat(1_500), ")".repeat(1_500));
    assert!(world.refusal(&deep).starts_with("Compiled formula is too big"));
    let chain = vec!["1"; 900].join("+");
    assert!(world.compile(&chain, Wanted::Number).is_ok());
}
