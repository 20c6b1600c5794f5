-- Grain: one row per tenant whose prices differ from those of the build before, or that it did not have.
with

terms as (
    select * from {{ ref('rated_tenant_terms') }}
),

terms_before as (
    select * from {{ source('raw', 'terms_before') }}
),

final as (
    select terms.TenantId
    from terms
    left join terms_before
        on terms.TenantId = terms_before.TenantId
        and terms.PriceCount = terms_before.PriceCount
        and terms.TermsHash = terms_before.TermsHash
    where terms_before.TenantId is null
)

select * from final
