//! Bodies of requests, which may come compressed.

use std::io::Read;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, header};
use bytes::Bytes;

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("The request body is larger than the maximum")]
    TooLarge,
    #[error("The request body is not what its Content-Encoding says")]
    Encoding,
    #[error("Content-Encoding is not supported")]
    Unknown,
}

/// Reads a body of at most `max` bytes, before and after it is unpacked.
pub(crate) async fn read(headers: &HeaderMap, body: Body, max: usize) -> Result<Bytes, BodyError> {
    let packed = to_bytes(body, max).await.map_err(|_| BodyError::TooLarge)?;
    let coding = headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    match coding.map(|coding| coding.trim().to_ascii_lowercase()).as_deref() {
        None | Some("" | "identity") => Ok(packed),
        Some("gzip" | "x-gzip") => unpacked(flate2::read::MultiGzDecoder::new(packed.as_ref()), max),
        Some("deflate") => unpacked(flate2::read::ZlibDecoder::new(packed.as_ref()), max),
        Some(_) => Err(BodyError::Unknown),
    }
}

fn unpacked(packed: impl Read, max: usize) -> Result<Bytes, BodyError> {
    let mut plain = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    packed.take(limit).read_to_end(&mut plain).map_err(|_| BodyError::Encoding)?;
    if plain.len() > max { Err(BodyError::TooLarge) } else { Ok(plain.into()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use axum::http::HeaderValue;

    use super::*;

    async fn packed(coding: &'static str, bytes: Vec<u8>, max: usize) -> Result<Bytes, BodyError> {
        let headers = [(header::CONTENT_ENCODING, HeaderValue::from_static(coding))].into_iter().collect();
        read(&headers, Body::from(bytes), max).await
    }

    #[tokio::test]
    async fn a_packed_body_is_unpacked_within_its_limit() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&[b'a'; 5_000]).expect("memory");
        let bytes = gzip.finish().expect("memory");
        assert_eq!(packed("gzip", bytes.clone(), 5_000).await.map(|plain| plain.len()), Ok(5_000));
        assert_eq!(packed("gzip", bytes.clone(), 4_999).await, Err(BodyError::TooLarge));
        assert_eq!(packed("gzip", bytes[..20].to_vec(), 5_000).await, Err(BodyError::Encoding));
        assert_eq!(packed("br", bytes, 5_000).await, Err(BodyError::Unknown));
    }
}
