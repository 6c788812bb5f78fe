{#- Codes of the seed merge_variant_steps. Those of the first two lists join products in
    other ways. -#}
{%- set inner_joins = [
    'inner_cleaned', 'inner_raw', 'inner_deduplicated', 'inner_priced',
] -%}
{%- set left_joins = ['left_cleaned', 'left_one_per_id', 'left_unambiguous'] -%}
{%- set joins = inner_joins + left_joins -%}
{%- set wrong_variants = joins + ['later_orders'] -%}
{%- set variants = wrong_variants + ['correct'] -%}

with

steps as (

    select * from {{ ref('merge_variant_steps') }}

),

products as (

    select * from {{ ref('int_products') }}

),

catalogue_rows as (

    select * from {{ ref('int_products_screened') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

    where is_analysed

),

order_products as (

    select * from {{ ref('int_order_products') }}

    where is_analysed

),

-- The marts leave these out, but a notebook has them until it joins.
unknown_order_products as (

    select * from {{ ref('int_order_products_orphaned') }}

    where rejection_reason = 'unknown product'

),

-- One row for rows that are the same in every column, as drop_duplicates makes it.
distinct_rows as (

    select
        listed_product_id,
        product_name,
        coalesce(not {{ is_valid_price('price') }}, false) as is_mistyped,
        count(*) as copy_count

    from catalogue_rows

    group by
        listed_product_id,
        product_name,
        aisle_id,
        department_id,
        price,
        -- If it is not a price, the text counts.
        case when price is null then price_text end

),

bought_products as (

    select
        product_id,
        1 as correct

    from products

    union all

    select
        product_id,
        0 as correct

    from unknown_order_products

    group by product_id

),

-- How many rows of each catalogue have the id: the file as it came, without copies, then
-- without unnamed products, then without mistyped prices.
listed_products as (

    select
        bought_products.product_id,
        bought_products.correct,
        coalesce(sum(distinct_rows.copy_count), 0) as as_it_came,
        count(distinct_rows.copy_count) as deduplicated,
        count(distinct_rows.product_name) as cleaned,
        count(distinct_rows.product_name) filter (where not distinct_rows.is_mistyped)
            as priced

    from bought_products

    left join distinct_rows
        on bought_products.product_id = distinct_rows.listed_product_id

    group by
        bought_products.product_id,
        bought_products.correct

),

-- How many rows each variant makes of an order product. Each catalogue is part of the one
-- before it: a product that is once in the first and in the last is once everywhere, as
-- almost all are, and their order products need not be looked at.
changed_products as (

    select
        product_id,
        correct,
        cleaned as inner_cleaned,
        as_it_came as inner_raw,
        deduplicated as inner_deduplicated,
        priced as inner_priced,
        greatest(cleaned, 1) as left_cleaned,
        1 as left_one_per_id,
        1 as left_unambiguous,
        cleaned = 0 as is_left_cleaned_unmatched,
        cleaned = 0 as is_left_one_per_id_unmatched,
        cleaned <> 1 as is_left_unambiguous_unmatched

    from listed_products

    where
        correct <> 1
        or as_it_came <> 1
        or priced <> 1

),

all_order_products as (

    select
        order_id,
        product_id

    from order_products

    union all

    select
        unknown_order_products.order_id,
        unknown_order_products.product_id

    from unknown_order_products

    inner join orders
        on unknown_order_products.order_id = orders.order_id

),

changed_order_products as (

    select
        all_order_products.order_id,
        changed_products.*

    from all_order_products

    inner join changed_products
        on all_order_products.product_id = changed_products.product_id

),

differences as (

    select
        {% for variant in joins -%}
        sum(greatest({{ variant }} - correct, 0)) as {{ variant }}_extra,
        {% endfor -%}
        count(*) filter (where is_left_cleaned_unmatched) as left_cleaned_unmatched,
        count(*) filter (where is_left_one_per_id_unmatched)
            as left_one_per_id_unmatched,
        count(*) filter (where is_left_unambiguous_unmatched)
            as left_unambiguous_unmatched

    from changed_order_products

),

order_differences as (

    select
        {% for variant in joins -%}
        sum({{ variant }} - correct) as {{ variant }},
        {% endfor -%}
        order_id

    from changed_order_products

    group by order_id

),

order_rows as (

    select
        orders.customer_id,
        orders.order_number,
        {% for variant in joins -%}
        orders.product_count + coalesce(order_differences.{{ variant }}, 0)
            as {{ variant }},
        {% endfor -%}
        case
            when orders.days_since_prior_order is null then 0
            else orders.product_count
        end as later_orders,
        orders.product_count as correct

    from orders

    left join order_differences
        on orders.order_id = order_differences.order_id

),

-- Notebooks flag customers after the merge: to them, an order without rows doesn't exist.
customer_rows as (

    select
        customer_id,
        {% for variant in wrong_variants -%}
        sum({{ variant }}) as {{ variant }},
        max(order_number) filter (where {{ variant }} > 0)
            as {{ variant }}_order_number,
        {% endfor -%}
        sum(correct) as correct,
        max(order_number) as correct_order_number

    from order_rows

    group by customer_id

),

flagged as (

    select
        {% for variant in variants -%}
        {{ label('activity_flag', variant ~ '_order_number') }}
            as {{ variant }}_activity_flag,
        {% endfor -%}
        *

    from customer_rows

),

counted as (

    select
        {% for variant in wrong_variants -%}
        sum({{ variant }}) as {{ variant }}_rows,
        sum({{ variant }}) filter (
            where {{ is_high_activity(variant ~ '_activity_flag') }}
        ) as {{ variant }}_high_activity,
        {% endfor -%}
        sum(correct) as correct_rows,
        sum(correct) filter (where {{ is_high_activity('correct_activity_flag') }})
            as correct_high_activity

    from flagged

),

-- Without analysed orders, variants are listed with 0.
measured as (

    select
        steps.variant_number,
        steps.variant,
        steps.what_goes_wrong,
        {% for measure, codes, ending in [
            ('order_product_count', variants, 'rows'),
            ('high_activity_count', variants, 'high_activity'),
            ('extra_count', joins, 'extra'),
            ('unmatched_count', left_joins, 'unmatched'),
        ] -%}
        case steps.code
            {% for code in codes -%}
            when '{{ code }}' then coalesce({{ code }}_{{ ending }}, 0)
            {% endfor -%}
            else 0
        end as {{ measure }},
        {% endfor -%}
        coalesce(counted.correct_rows, 0) as correct_count

    from steps

    cross join counted

    cross join differences

),

compared as (

    select
        *,
        order_product_count - correct_count as difference_from_correct

    from measured

),

typed as (

    select
        variant_number,
        variant,
        what_goes_wrong,
        cast(order_product_count as bigint) as order_product_count,
        cast(high_activity_count as bigint) as high_activity_order_product_count,
        cast(order_product_count - high_activity_count as bigint)
            as low_activity_order_product_count,
        cast(extra_count - difference_from_correct as bigint)
            as lost_order_product_count,
        cast(extra_count as bigint) as extra_order_product_count,
        cast(unmatched_count as bigint) as unmatched_order_product_count,
        cast(difference_from_correct as bigint) as difference_from_correct

    from compared

)

select * from typed
