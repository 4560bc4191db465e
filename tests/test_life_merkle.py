"""The tree of RFC 6962, by the vectors of the reference implementation of Certificate Transparency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditsearch.canonical import leaf
from auditsearch.seal import merkle

# https://github.com/google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc
ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [merkle.leaf_hash(bytes.fromhex(entry)) for entry in ENTRIES]
SIXTH = [
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]
SIX_TO_EIGHT = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]

trees = st.lists(st.binary(max_size=3).map(merkle.leaf_hash), min_size=1, max_size=70)


def hexed(hashes):
    return [each.hex() for each in hashes]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_the_public_vectors(size):
    assert merkle.root(LEAVES[:size]).hex() == ROOTS[size - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing():
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_an_events_leaf_is_the_leaf_of_its_bytes():
    assert leaf("Привет") == merkle.leaf_hash("Привет".encode()).hex()


def test_the_proofs_are_those_of_the_public_vectors():
    assert hexed(merkle.inclusion_proof(LEAVES, 5)) == SIXTH
    assert hexed(merkle.consistency_proof(LEAVES, 6)) == SIX_TO_EIGHT


@given(trees, st.data())
def test_each_leaf_is_proven_and_no_other(leaves, data):
    index, size = data.draw(st.integers(0, len(leaves) - 1)), len(leaves)
    proof, root = merkle.inclusion_proof(leaves, index), merkle.root(leaves)
    assert merkle.is_included(leaves[index], index, size, proof, root)
    assert not merkle.is_included(merkle.leaf_hash(b"forged"), index, size, proof, root)
    assert not merkle.is_included(leaves[index], index, size, [*proof, root], root)
    assert not merkle.is_included(leaves[index], size, size, proof, root)


@given(trees, st.data())
def test_each_head_of_a_tree_is_proven_and_no_other(leaves, data):
    former, size = data.draw(st.integers(1, len(leaves))), len(leaves)
    old, new = merkle.root(leaves[:former]), merkle.root(leaves)
    proof = merkle.consistency_proof(leaves, former)
    assert merkle.is_consistent(former, size, old, new, proof)
    assert not merkle.is_consistent(former, size, merkle.leaf_hash(b"forged"), new, proof)
    assert not merkle.is_consistent(former, size, old, new, [*proof, new])


def test_what_is_not_there_has_no_proof():
    with pytest.raises(IndexError):
        merkle.inclusion_proof(LEAVES, 8)
    with pytest.raises(IndexError):
        merkle.consistency_proof(LEAVES, 9)
