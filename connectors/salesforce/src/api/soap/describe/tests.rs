use proptest::prelude::*;

use super::*;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
    <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns=\"urn:partner.soap.sforce.com\">";

fn read(text: &[u8]) -> Result<Document, ReadError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(Document::read(text))
}

fn answer(inner: &str) -> String {
    format!(
        "{HEAD}<soapenv:Header><LimitInfoHeader><limitInfo><current>18</current><limit>5000</limit>\
         <type>API REQUESTS</type></limitInfo></LimitInfoHeader></soapenv:Header>\
         <soapenv:Body><describeSObjectsResponse>{inner}</describeSObjectsResponse></soapenv:Body></soapenv:Envelope>"
    )
}

const CASE: &str = "<result><createable>true</createable><childRelationships><field>CaseId</field>\
    <childSObject>X</childSObject></childRelationships>\
    <fields><createable>true</createable><custom>false</custom><defaultedOnCreate>false</defaultedOnCreate>\
    <label>Subject &amp; &#x2014; more</label><length>255</length><name>Subject</name><nillable>true</nillable>\
    <picklistValues><label>No</label><value>no</value></picklistValues><type>string</type></fields>\
    <fields><label><![CDATA[Owner]]></label><length>18</length><name>OwnerId</name>\
    <referenceTo>Group</referenceTo><referenceTo>User</referenceTo><type>reference</type></fields>\
    <keyPrefix xsi:nil=\"true\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"/><label>Case</label><name>Case</name></result>";

#[test]
fn objects_and_their_fields_are_read_and_what_lies_deeper_is_not() {
    let document = read(answer(CASE).as_bytes()).expect("a document");
    assert_eq!(document.allowance, Some((18, 5000)));
    insta::assert_debug_snapshot!(document.objects);
}

#[test]
fn a_fault_is_read_with_its_code_and_words() {
    let text = format!(
        "{HEAD}<soapenv:Body><soapenv:Fault><faultcode>sf:INVALID_TYPE</faultcode>\
         <faultstring>INVALID_TYPE: sObject type 'X' is not supported.</faultstring>\
         <detail><sf:InvalidSObjectFault xmlns:sf=\"urn:f\"><sf:row>-1</sf:row></sf:InvalidSObjectFault></detail>\
         </soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    );
    let fault = read(text.as_bytes()).expect("a document").fault.expect("a fault");
    assert_eq!(
        (fault.code(), fault.message.as_str()),
        ("INVALID_TYPE", "sObject type 'X' is not supported.")
    );
}

#[test]
fn an_answer_that_stops_anywhere_has_broken_off() {
    let whole = answer(CASE);
    for end in 0..whole.len() - 1 {
        let error = read(&whole.as_bytes()[..end]).expect_err("it stops halfway");
        assert!(matches!(error, ReadError::BrokenOff(_)), "{end}: {error:?}");
    }
}

#[test]
fn document_types_and_entities_are_refused() {
    let with_type = format!("<!DOCTYPE e [<!ENTITY a \"b\">]>{}", answer(CASE));
    assert_eq!(read(with_type.as_bytes()).expect_err("refused"), refused("a document type"));
    let entity = answer(&CASE.replace("&amp;", "&file;"));
    assert_eq!(read(entity.as_bytes()).expect_err("refused"), refused("an entity of its own"));
    let character = answer(&CASE.replace("&amp;", "&#x110000;"));
    assert!(matches!(read(character.as_bytes()).expect_err("refused"), ReadError::Refused(_)));
}

#[test]
fn depth_and_lengths_are_bounded() {
    let deep = answer(&"<a>".repeat(100_000));
    assert_eq!(read(deep.as_bytes()).expect_err("refused"), refused("deep nesting"));
    let long = answer(&CASE.replace("Subject &amp;", &"x".repeat(20_000)));
    assert_eq!(read(long.as_bytes()).expect_err("refused"), refused("a long text"));
    let endless = format!("{HEAD}<a b=\"{}", "x".repeat(3 << 20));
    assert_eq!(read(endless.as_bytes()).expect_err("refused"), refused("an element or text without end"));
}

#[test]
fn other_documents_are_no_answers() {
    for text in ["", "x", "<html><body>Service Not Available</body></html>", "{\"a\":1}", "<Envelope>"] {
        assert!(read(text.as_bytes()).is_err(), "{text}");
    }
    let twice = format!("{0}{0}", "<Envelope></Envelope>");
    assert!(read(twice.as_bytes()).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_an_answer_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
    }

    #[test]
    fn any_damage_is_an_answer_or_an_error(at in 0usize..1500, with in "[<>/a-z \"=&;#!\\[\\]-]{0,12}", cut in 0usize..40) {
        let mut text = answer(CASE).into_bytes();
        let at = at.min(text.len());
        let end = (at + cut).min(text.len());
        text.splice(at..end, with.into_bytes());
        let _ = read(&text);
    }

    #[test]
    fn any_label_comes_back(label in "[^\\x00-\\x1f\\x7f\u{fffe}\u{ffff}]{0,200}") {
        let escaped = quick_xml::escape::escape(&label).into_owned();
        let document = read(answer(&CASE.replace("Subject &amp; &#x2014; more", &escaped)).as_bytes());
        let document = document.expect("a document");
        prop_assert_eq!(&document.objects[0].fields[0].label, &label);
    }
}
